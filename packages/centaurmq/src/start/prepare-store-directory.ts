import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { CommandError } from '../exit-code.ts';

/** Makes the directory if need be. @throws CommandError saying why it cannot hold a store */
export async function prepareStoreDirectory(path: string): Promise<void> {
  const advice = 'choose another directory with --store, or change its permissions';
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : '';
    if (code === 'EEXIST' || code === 'ENOTDIR')
      throw new CommandError(`the store directory ${path} is a file, or lies below one`, { advice, cause });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CommandError(`the store directory ${path} is not writable: ${reason}`, { advice, cause });
  }
  if (!(await stat(path)).isDirectory())
    throw new CommandError(`the store directory ${path} is not a directory`, { advice });
}
