/** Deepest nesting of objects and arrays; RocketMQ's bodies stay under ten. */
export const JSON_DEPTH_MAX = 100;
