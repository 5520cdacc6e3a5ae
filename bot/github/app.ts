// The GitHub App: Probot, for dispatching deliveries to handlers and for authenticating as an installation.
// Its server, its retries and its throttling are not used: a retried POST writes a comment twice, and one limiter
// for all installations lets one of them hold up the rest. Every call has a timeout and names its API version.

import { Octokit as RestOctokit } from '@octokit/rest';
import type { Logger } from 'pino';
import { Probot, ProbotOctokit } from 'probot';

export type GitHub = InstanceType<typeof ProbotOctokit>;

/** A call that takes longer is given up; whether it was carried out is then unknown. */
const callTimeoutMs = 8_000;
const apiVersion = '2022-11-28';

export interface AppConfig {
  readonly apiUrl: string;
  readonly appId: number;
  readonly privateKey: string;
}

export interface GitHubApp {
  readonly probot: Probot;
  /** Calls as an installation. Its tokens live an hour and are renewed by themselves. */
  asInstallation(installationId: number): Promise<GitHub>;
  /** Calls as the App itself: installations and deliveries. A fresh JWT each time, for the calls of one errand. */
  asApp(): Promise<RestOctokit>;
}

export function createApp(config: AppConfig, log: Logger): GitHubApp {
  // A function, because Probot adds options of its own when it makes a client, and those would win over plain defaults.
  const settle = (options: object) => ({
    ...options,
    baseUrl: config.apiUrl,
    throttle: { enabled: false },
    retry: { enabled: false },
  });
  const Octokit = ProbotOctokit.plugin((octokit) => watchCalls(octokit, log)).defaults(settle);
  const probot = new Probot({
    appId: config.appId,
    privateKey: config.privateKey,
    // Deliveries reach Probot through `receive`, after our own check of the signature; without a value of ours
    // Probot would take the word "development" for the secret.
    secret: crypto.randomUUID(),
    // Probot logs a failed event with its whole payload, people's words included; the inbox tells of the failure.
    log: log.child({ name: 'probot' }, { level: 'silent' }),
    Octokit,
  });
  return {
    probot,
    asInstallation: (installationId) => probot.auth(installationId),
    async asApp() {
      const app = await probot.auth();
      const { token } = (await app.auth({ type: 'app' })) as { token: string };
      return restClient({ auth: token, baseUrl: config.apiUrl }, log);
    },
  };
}

/** Calls without credentials: for what comes before there is an App. */
export function asNobody(apiUrl: string, log: Logger): RestOctokit {
  return restClient({ baseUrl: apiUrl }, log);
}

function restClient(options: { auth?: string; baseUrl: string }, log: Logger): RestOctokit {
  // Its request log would go to the console; watchCalls tells the same, in our form.
  const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const octokit = new RestOctokit({ ...options, log: silent });
  watchCalls(octokit, log);
  return octokit;
}

function ignore(): void {
  // Nothing to do: see above.
}

interface Hooked {
  hook: {
    before(name: 'request', method: (options: RequestOptions) => void): void;
    after(
      name: 'request',
      method: (response: { status: number; headers: object }, options: RequestOptions) => void,
    ): void;
    error(name: 'request', method: (error: Error, options: RequestOptions) => never): void;
  };
}
interface RequestOptions {
  method: string;
  url: string;
  headers: Record<string, string | number | undefined>;
  request?: { signal?: AbortSignal };
}

function watchCalls(octokit: unknown, log: Logger): void {
  const { hook } = octokit as Hooked;
  hook.before('request', (options) => {
    options.headers['x-github-api-version'] ??= apiVersion;
    options.request = { ...options.request, signal: AbortSignal.timeout(callTimeoutMs) };
  });
  hook.after('request', (response, options) => {
    const left = (response.headers as Record<string, string>)['x-ratelimit-remaining'];
    log.debug(
      { method: options.method, url: options.url, status: response.status, left },
      'github call',
    );
  });
  hook.error('request', (error, options) => {
    const answer = error as Error & {
      status?: number;
      response?: { headers: Record<string, string> };
    };
    const missing = answer.response?.headers['x-accepted-github-permissions'];
    log.warn(
      { method: options.method, url: options.url, status: answer.status, missing },
      'github call failed',
    );
    throw error;
  });
}
