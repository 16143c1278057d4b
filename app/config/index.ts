/** The door of the configuration: what other parts of the app use. */
export { checkAccounts, DRIVER_KIT, type CheckedAccount, type CheckedAccounts, type DriverShelf, type WrongDriver } from './accounts.ts';
export { explainConfig, type Explained } from './explain.ts';
export { showListen, type Listen } from './fields.ts';
export { loadConfig, secretsOf, type AccountConfig, type Config, type Loaded } from './load.ts';
export { DEFAULT_FILE, locateConfig, type Environment, type Where } from './locate.ts';
export { showMistake, type Mistake } from './mistakes.ts';
export { isLoopback } from './rules.ts';
export { maskUrl, Secret } from './secret.ts';
