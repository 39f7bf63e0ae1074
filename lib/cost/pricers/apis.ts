import { edgeUsage } from '../usage/edge';
import { textOf } from '../usage/properties';
import { flowing, type Pricer } from './pricer';

/** API Gateway: requests, HTTP APIs and REST APIs each at their price. */
export const apiPricer: Pricer = {
  types: ['AWS::ApiGateway::RestApi', 'AWS::ApiGatewayV2::Api'],
  price(resource, model) {
    const http = resource.type === 'AWS::ApiGatewayV2::Api' && textOf(resource, 'ProtocolType') !== 'WEBSOCKET';
    return [flowing(resource, 'requests', http ? 'apiGateway.http' : 'apiGateway.rest', edgeUsage(model, resource).requestsPerSecond)];
  },
};
