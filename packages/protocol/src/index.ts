export * from './command/remoting-command.ts';
