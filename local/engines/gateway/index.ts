export * from './gateway-host';
export { findGateway, GATEWAY_PROGRAMS, type GatewayProgram, gatewayProgram, type GatewayProgramName } from './gateway-program';
export * from './gateway-rules';
