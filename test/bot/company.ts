// A whole bot against the local GitHub, inside the test's process: settings as the operator's templates have them,
// real HTTP in between, a real database in a temporary folder.

import { createHmac, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import tls from 'node:tls';
import { pino, type Logger } from 'pino';
import type { Config } from '../../bot/config.ts';
import { startBot } from '../../bot/start.ts';
import { webhookPath } from '../../bot/github/webhook.ts';
import { startLocalGitHub, type LocalGitHub } from '../github/server.ts';
import type { Seed } from '../github/seed.ts';
import { createAuthority, type Authority } from '../support/certificates.ts';
import { createTemporaryFolder } from '../support/folders.ts';

const templates = join(import.meta.dirname, '..', '..', 'templates');
export const template = (name: string): string => readFileSync(join(templates, name), 'utf8');

const webhookSecret = randomBytes(32).toString('hex');

const seedWith = ({
  policy = template('sallyport.yml'),
  people = template('org.yaml'),
  services = template('catalog-info.yaml'),
  teams = [],
  collaborators = {},
  withoutPermission,
}: CompanyOptions): Seed => ({
  users: ['dana', 'omar', 'otto', 'olga', 'bea', 'stan'].map((login) => ({ login, name: login })),
  organizations: [
    { login: 'acme', owners: ['olga'], members: ['dana', 'omar', 'otto', 'bea'], teams },
  ],
  repositories: [
    { owner: 'acme', name: 'access', files: { 'sallyport.yml': policy }, collaborators },
    { owner: 'acme', name: 'org', files: { 'catalog-info.yaml': people } },
    {
      owner: 'acme',
      name: 'payments-services',
      files: { 'catalog-info.yaml': services },
    },
    { owner: 'acme', name: 'open', private: false },
  ],
  apps: [
    {
      slug: 'sallyport',
      name: 'Sallyport',
      owner: 'acme',
      permissions: {
        issues: 'write',
        contents: 'read',
        metadata: 'read',
        pull_requests: 'read',
        ...(withoutPermission !== 'checks' && { checks: 'write' }),
        ...(withoutPermission !== 'members' && { members: 'read' }),
      },
      events: [
        'issue_comment',
        'issues',
        'push',
        'pull_request',
        'repository',
        ...eventsOf(withoutPermission),
      ],
      webhookSecret,
      installations: [
        { account: 'acme', repositories: ['access', 'org', 'payments-services', 'open'] },
      ],
    },
  ],
});

/** GitHub tells nobody of members who may not read them. */
const eventsOf = (without: CompanyOptions['withoutPermission']) =>
  without === 'members' ? [] : (['organization', 'membership', 'team'] as const);

export interface Company extends AsyncDisposable {
  readonly github: LocalGitHub;
  readonly dataFolder: string;
  /** The authority that the local GitHub's certificate is from. */
  readonly caPem: string;
  /** Where the running bot listens, plain HTTP on loopback. */
  port(): number;
  /** Where it serves metrics. */
  metricsPort(): number;
  /** Opens an issue as dana and returns its number. */
  openIssue(): Promise<number>;
  /** The texts of an issue's comments by the bot, oldest first. */
  botComments(issue: number): string[];
  /** Resolves with the comments of the bot once one of them matches. */
  until(issue: number, pattern: RegExp): Promise<string[]>;
  /** Signs a delivery as whoever holds the webhook secret could, and sends it. Resolves with the status. */
  forge(event: string, payload: object): Promise<number>;
  /** Opens an issue on which dana asks with these words, and waits for the card. Returns the issue's number. */
  asked(words: string): Promise<number>;
  /** The same, and omar approves. */
  granted(words: string): Promise<number>;
  /**
   * Comments until the bot does it: within the second in which a card was restored it does not know what was seen.
   */
  insist(issue: number, said: { who: string; words: string; until: RegExp }): Promise<void>;
  stopBot(): Promise<void>;
  /** Starts it again, with other settings where some are given. */
  startBot(changes?: Partial<Config>): Promise<void>;
}

export interface CompanyOptions {
  readonly now?: () => Date;
  /** GitHub's clock; the machine's when left out. */
  readonly githubNow?: () => Date;
  readonly log?: Logger;
  /** The policy, instead of the operator's template. */
  readonly policy?: string;
  /** Of one person in ten minutes; left out, as many as a test likes. */
  readonly maxCommands?: number;
  /** The people and groups, instead of the template's. */
  readonly people?: string;
  /** The descriptors of the services, instead of the template's. */
  readonly services?: string;
  /** Who may do what in acme/access without belonging to the organisation. */
  readonly collaborators?: Readonly<Record<string, 'read' | 'write'>>;
  /** What the owner has not accepted yet. */
  readonly withoutPermission?: 'members' | 'checks';
  /** Who vouches for everything here; another one when left out. */
  readonly authority?: Authority;
  /** Settings of the bot, from its first start on. */
  readonly settings?: Partial<Config>;
  /** The teams of the organisation. */
  readonly teams?: NonNullable<Seed['organizations']>[number]['teams'];
}

export async function startCompany(options: CompanyOptions = {}): Promise<Company> {
  const folder = await createTemporaryFolder('bot');
  const dataFolder = folder.path;
  const { authority = await createAuthority() } = options;
  // What bot/main.ts does with `ca:`; here the bot shares the process, and so its trust, with the test.
  tls.setDefaultCACertificates([...tls.getCACertificates('bundled'), authority.caPem]);
  const github = await startLocalGitHub({
    seed: seedWith(options),
    tls: await authority.issue(['localhost']),
    ...(options.githubNow && { now: options.githubNow }),
  });
  const now = options.now ?? (() => new Date());
  const log = options.log ?? pino({ level: process.env['LOG'] ?? 'silent' });
  let bot: Awaited<ReturnType<typeof startBot>> | undefined;

  async function start(changes: Partial<Config> = {}): Promise<void> {
    const config = configFor(github, dataFolder);
    const { maxCommands: commandsPer10Minutes = config.github.limits.commandsPer10Minutes } =
      options;
    const limits = { ...config.github.limits, commandsPer10Minutes };
    const limited = { ...config, github: { ...config.github, limits } };
    const settings = { ...limited, ...options.settings, ...changes };
    bot = await startBot({ config: settings, log, now });
    github.setWebhookUrl('sallyport', `http://127.0.0.1:${bot.port}${webhookPath}`);
  }
  async function stop(): Promise<void> {
    await bot?.[Symbol.asyncDispose]();
    bot = undefined;
  }
  const repo = 'acme/access';
  const botComments = (issue: number) =>
    github
      .thread(repo, issue)
      .view()
      .comments.filter(({ author }) => author === 'sallyport[bot]')
      .map(({ body }) => body);
  const openIssue = async () =>
    (await github.as('dana').openIssue(repo, { title: 'Ledger looks off', body: '' })).number;
  async function until(issue: number, pattern: RegExp): Promise<string[]> {
    await github
      .thread(repo, issue)
      .until(() => botComments(issue).some((body) => pattern.test(body)));
    return botComments(issue);
  }
  async function asked(words: string): Promise<number> {
    const issue = await openIssue();
    await github.as('dana').comment(repo, issue, words);
    await until(issue, /waiting for approval/);
    return issue;
  }
  await start();
  return {
    github,
    dataFolder,
    caPem: authority.caPem,
    port: () => bot?.port ?? 0,
    metricsPort: () => bot?.metricsPort ?? 0,
    botComments,
    openIssue,
    until,
    asked,
    async granted(words) {
      const issue = await asked(words);
      await github.as('omar').comment(repo, issue, '/approve');
      await until(issue, /is granted until/);
      return issue;
    },
    async forge(event, payload) {
      const body = JSON.stringify(payload);
      const mac = createHmac('sha256', webhookSecret).update(body).digest('hex');
      const headers = {
        'content-type': 'application/json',
        'x-github-delivery': randomUUID(),
        'x-github-event': event,
        'x-github-hook-installation-target-id': String(github.seeded.apps['sallyport']?.appId),
        'x-hub-signature-256': `sha256=${mac}`,
      };
      const url = `http://127.0.0.1:${bot?.port}${webhookPath}`;
      return (await fetch(url, { method: 'POST', headers, body })).status;
    },
    async insist(issue, said) {
      const thread = github.thread(repo, issue);
      const isDone = () => botComments(issue).some((body) => said.until.test(body));
      while (!isDone()) {
        const before = botComments(issue).length;
        await github.as(said.who).comment(repo, issue, said.words);
        await thread.until(() => isDone() || botComments(issue).length > before);
      }
    },
    stopBot: stop,
    startBot: start,
    async [Symbol.asyncDispose]() {
      await stop();
      await github.close();
      await folder.remove();
    },
  };
}

/** Settings under which the bot looks for GitHub where nobody listens. */
export function withoutGitHub({ github }: Company): Partial<Config> {
  const { github: settings } = configFor(github, '');
  return { github: { ...settings, apiUrl: 'https://127.0.0.1:1' } };
}

export function configFor(github: LocalGitHub, dataFolder: string): Config {
  const app = github.seeded.apps['sallyport'];
  if (!app) throw new Error('The seed has no App called sallyport');
  const { publicKey } = generateKeyPairSync('ed25519');
  return {
    origin: 'https://sallyport.acme.dev',
    listen: { host: '127.0.0.1', port: 0 },
    metrics: { host: '127.0.0.1', port: 0 },
    dataFolder,
    github: {
      apiUrl: github.apiUrl,
      appId: app.appId,
      privateKey: app.privateKey,
      webhookSecrets: [webhookSecret],
      // As an operator of a GitHub without rate limits sets them; test/bot/github/pace.test.ts has those of github.com.
      limits: { writesPerMinute: 100_000, textsPerHour: 100_000, commandsPer10Minutes: 100_000 },
    },
    policy: { repository: 'acme/access', path: 'sallyport.yml' },
    catalog: { repositories: ['acme/org', 'acme/payments-services'], path: 'catalog-info.yaml' },
    oidc: {
      issuer: 'https://id.acme.dev',
      clientId: 'sallyport',
      clientSecret: 'none',
      subjectClaim: 'sub',
      acrClaim: 'acr',
    },
    relays: [
      {
        name: 'eu-1',
        url: 'https://eu-1.acme.dev',
        publicKey: publicKey.export({ format: 'jwk' }).x ?? '',
      },
    ],
    connectCommand: 'npx sallyport@0.1.0 connect',
  };
}
