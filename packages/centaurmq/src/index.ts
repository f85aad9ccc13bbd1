// The public door of this package.
export { CommandError, ExitCode } from './exit-code.ts';
export { type RolesOptions, RoleStartError, type RunningRoles, startRoles } from './roles/start-roles.ts';
export { type EmbeddedBroker, type StartBrokerOptions, startBroker } from './start-broker.ts';
