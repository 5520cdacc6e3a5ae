// The GitHub App: Probot, for dispatching deliveries to handlers and for authenticating as an installation.
// Its server, its retries and its throttling are not used: a retried POST writes a comment twice, and one limiter
// for all installations lets one of them hold up the rest. Every call has a timeout and names its API version.

import { Octokit as RestOctokit } from '@octokit/rest';
import type { Logger } from 'pino';
import { openBotMetrics, type BotMetrics } from '../observe/metrics.ts';
import { isByApp, routeOf, statusClass } from '../observe/routes.ts';
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
  /** Whether GitHub took the App's key when it last answered; undefined until it has. */
  isAccepted(): boolean | undefined;
}

interface Watching {
  readonly apiUrl: string;
  readonly log: Logger;
  readonly metrics: BotMetrics;
  /** The answer to a call that the App's key signed. */
  answered(status: number): void;
}

export function createApp(config: AppConfig, log: Logger, metrics: BotMetrics): GitHubApp {
  let isAccepted: boolean | undefined;
  const watching: Watching = {
    apiUrl: config.apiUrl,
    log,
    metrics,
    // A limit or a fault of GitHub's says nothing about the key.
    answered(status) {
      if (status < 400 || status === 404) isAccepted = true;
      else if (status === 401) isAccepted = false;
    },
  };
  // A function, because Probot adds options of its own when it makes a client, and those would win over plain defaults.
  const settle = (options: object) => ({
    ...options,
    baseUrl: config.apiUrl,
    throttle: { enabled: false },
    retry: { enabled: false },
  });
  const Octokit = ProbotOctokit.plugin((octokit, { auth }) =>
    watchCalls(octokit, watching, installationIn(auth)),
  ).defaults(settle);
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
      return restClient({ auth: token, baseUrl: config.apiUrl }, watching);
    },
    isAccepted: () => isAccepted,
  };
}

/** Calls without credentials: for what comes before there is an App. */
export function asNobody(apiUrl: string, log: Logger): RestOctokit {
  // Nobody asks for figures before there is a bot to measure.
  const watching = { apiUrl, log, metrics: openBotMetrics(), answered: ignore };
  return restClient({ baseUrl: apiUrl }, watching);
}

function restClient(options: { auth?: string; baseUrl: string }, watching: Watching): RestOctokit {
  // Its request log would go to the console; watchCalls tells the same, in our form.
  const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const octokit = new RestOctokit({ ...options, log: silent });
  watchCalls(octokit, watching, 'app');
  return octokit;
}

/** Whose allowance a client uses. */
function installationIn(auth: unknown): string {
  const { installationId } = (auth ?? {}) as { installationId?: number };
  return installationId === undefined ? 'app' : String(installationId);
}

function ignore(): void {
  // Nothing to do: see above.
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
}

interface Hooked {
  hook: {
    before(name: 'request', method: (options: RequestOptions) => void): void;
    after(name: 'request', method: (response: Answer, options: RequestOptions) => void): void;
    error(name: 'request', method: (error: Error, options: RequestOptions) => never): void;
  };
}
interface RequestOptions {
  method: string;
  url: string;
  headers: Record<string, string | number | undefined>;
  request?: { signal?: AbortSignal };
}

function watchCalls(octokit: unknown, watching: Watching, installation: string): void {
  const { hook } = octokit as Hooked;
  const { log } = watching;
  const begun = new WeakMap<RequestOptions, number>();
  hook.before('request', (options) => {
    begun.set(options, performance.now());
    options.headers['x-github-api-version'] ??= apiVersion;
    options.request = { ...options.request, signal: AbortSignal.timeout(callTimeoutMs) };
  });
  hook.after('request', (response, options) => {
    measure(watching, { options, installation, begun: begun.get(options), answer: response });
    const left = response.headers['x-ratelimit-remaining'];
    log.debug(
      { method: options.method, url: options.url, status: response.status, left },
      'github call',
    );
  });
  hook.error('request', (error, options) => {
    const answer = error as Error & {
      status?: number;
      response?: Answer;
    };
    measure(watching, {
      options,
      installation,
      begun: begun.get(options),
      answer: answer.response,
    });
    const missing = answer.response?.headers['x-accepted-github-permissions'];
    log.warn(
      { method: options.method, url: options.url, status: answer.status, missing },
      'github call failed',
    );
    throw error;
  });
}

/** Counts a call; one without an answer has no status, whatever number the library gives it. */
function measure(
  { apiUrl, metrics, answered }: Watching,
  call: {
    readonly options: RequestOptions;
    readonly installation: string;
    readonly begun: number | undefined;
    readonly answer: Answer | undefined;
  },
): void {
  const { options, installation, begun = performance.now(), answer } = call;
  const route = routeOf({ ...options, apiUrl });
  const status = statusClass(answer?.status);
  const seconds = (performance.now() - begun) / 1000;
  metrics.observe('sallyport_bot_github_call_seconds', { route, status }, seconds);
  if (!answer) return;
  if (isByApp(route)) answered(answer.status);
  const left = Number(answer.headers['x-ratelimit-remaining'] ?? NaN);
  const allowance = String(answer.headers['x-ratelimit-resource'] ?? 'other');
  if (!Number.isNaN(left))
    metrics.set('sallyport_bot_github_calls_left', { installation, allowance }, left);
}
