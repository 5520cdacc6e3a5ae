// The client's settings: the only file that reads the environment. Promises every fault at once with how to mend
// it, and that no setting can switch the verification of certificates off.

import { readFileSync } from 'node:fs';
import { posix, win32 } from 'node:path';

export interface ClientConfig {
  /** The file of trusted hosts; it need not exist yet. */
  readonly hostsFile: string;
  /** Certificates of a private authority (PEM), trusted besides the public ones. */
  readonly extraCa?: string;
  /** The program that opens the sign-in page, and its arguments before the URL. Absent where there is no screen. */
  readonly browser?: readonly [string, ...string[]];
  readonly colour: boolean;
  readonly platform: NodeJS.Platform;
  /** What the command of --exec inherits. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export type ConfigReading =
  | { readonly kind: 'valid'; readonly config: ClientConfig }
  | { readonly kind: 'invalid'; readonly faults: readonly string[] };

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads settings from the environment: {@link process.env} and this machine's platform when left out. */
export function readConfig(
  environment: Environment = process.env,
  platform: NodeJS.Platform = process.platform,
): ConfigReading {
  const faults: string[] = [];
  if (environment['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    faults.push(
      'NODE_TLS_REJECT_UNAUTHORIZED=0 would switch off the verification of certificates: unset it. ' +
        'For a private authority put the path of its certificate into SALLYPORT_CA.',
    );
  }
  const folder = configFolder(environment, platform);
  if (folder === undefined) {
    faults.push('No home folder is known: set SALLYPORT_CONFIG_DIR to a folder of your own.');
  }
  const ca = readCa(environment['SALLYPORT_CA']);
  if (ca.kind === 'fault') faults.push(ca.fault);
  if (faults.length > 0 || folder === undefined) return { kind: 'invalid', faults };

  const browser = browserOf(environment, platform);
  return {
    kind: 'valid',
    config: {
      hostsFile: pathOf(platform).join(folder, 'hosts.json'),
      colour: (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb',
      platform,
      environment,
      ...(ca.kind === 'read' ? { extraCa: ca.pem } : {}),
      ...(browser === undefined ? {} : { browser }),
    },
  };
}

/**
 * SALLYPORT_CONFIG_DIR, else %APPDATA% on Windows, else the XDG folder; a relative XDG path is ignored, as XDG asks.
 */
function configFolder(environment: Environment, platform: NodeJS.Platform): string | undefined {
  const path = pathOf(platform);
  const own = environment['SALLYPORT_CONFIG_DIR'];
  if (own !== undefined && own !== '') return path.resolve(own);
  const xdg = environment['XDG_CONFIG_HOME'] ?? '';
  if (platform !== 'win32' && path.isAbsolute(xdg)) return path.join(xdg, 'sallyport');
  const base = platform === 'win32' ? environment['APPDATA'] : environment['HOME'];
  if (base === undefined || base === '') return undefined;
  return platform === 'win32'
    ? path.join(base, 'sallyport')
    : path.join(base, '.config', 'sallyport');
}

type CaReading =
  { kind: 'none' } | { kind: 'read'; pem: string } | { kind: 'fault'; fault: string };

function readCa(file: string | undefined): CaReading {
  if (file === undefined || file === '') return { kind: 'none' };
  try {
    const pem = readFileSync(file, 'utf8');
    return pem.includes('-----BEGIN CERTIFICATE-----')
      ? { kind: 'read', pem }
      : { kind: 'fault', fault: `SALLYPORT_CA: ${file} holds no PEM certificate.` };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return { kind: 'fault', fault: `SALLYPORT_CA: ${file} cannot be read (${code}).` };
  }
}

/**
 * $BROWSER is one program, called with the URL as its only argument. No shell stands between on any platform:
 * `start` is a word of cmd.exe, which would read `&` in a URL as the end of the command, so Windows gets rundll32.
 */
function browserOf(
  environment: Environment,
  platform: NodeJS.Platform,
): readonly [string, ...string[]] | undefined {
  const own = environment['BROWSER'];
  if (own !== undefined && own !== '') return [own];
  if (platform === 'darwin') return ['open'];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler'];
  const hasScreen = [environment['DISPLAY'], environment['WAYLAND_DISPLAY']].some(
    (value) => value !== undefined && value !== '',
  );
  return hasScreen ? ['xdg-open'] : undefined;
}

function pathOf(platform: NodeJS.Platform): typeof posix {
  return platform === 'win32' ? win32 : posix;
}
