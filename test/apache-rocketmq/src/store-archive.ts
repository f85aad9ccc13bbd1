import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';

/** Packs the content of `folder` into `archive` (.tar.gz). */
export function packStore(folder: string, archive: string): void {
  const tar = execFileSync('tar', ['--sort=name', '--owner=0', '--group=0', '-C', folder, '-cf', '-', '.'], {
    maxBuffer: 256 << 20,
  });
  execFileSync('sh', ['-c', `gzip -9 -n > '${archive}'`], { input: tar });
}

/** Unpacks `archive` into `folder`, which is made when it is missing. */
export function unpackStore(archive: string, folder: string): void {
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', archive, '-C', folder]);
}
