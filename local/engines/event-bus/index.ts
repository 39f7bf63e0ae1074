export { EventBusEngine, type EventBusConfiguration, type EventBusStatistics, type QueueSender, type RuleConfiguration } from './event-bus-engine';
export { EventBusServer } from './event-bus-server';
