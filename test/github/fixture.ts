// The small company that the local GitHub's own tests play in, and the clients of its App. They are the real
// ones: ProbotOctokit over a real socket.
import { generateKeyPairSync } from 'node:crypto';
import { ProbotOctokit } from 'probot';
import { startReceiver } from './receiver.ts';
import type { Seed } from './seed.ts';
import { startLocalGitHub, type LocalGitHub, type LocalGitHubOptions } from './server.ts';

/** One key for all tests of a file: making one takes longer than most of them. */
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

export const acme: Seed = {
  users: [
    { login: 'olga', name: 'Olga Org' },
    {
      login: 'dana',
      name: 'Dana Dev',
      keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA dana@laptop'],
    },
    { login: 'omar', name: 'Omar Owner' },
    { login: 'bea', name: 'Bea Bystander' },
    { login: 'stan', name: 'Stan Stranger' },
  ],
  organizations: [
    {
      login: 'acme',
      owners: ['olga'],
      members: ['dana', 'omar', 'bea'],
      teams: [{ slug: 'payments', maintainers: ['omar'], repositories: { access: 'write' } }],
    },
  ],
  repositories: [
    {
      owner: 'acme',
      name: 'access',
      files: { 'sallyport.yml': 'version: 1\n', '.github/CODEOWNERS': '* @acme/payments\n' },
      labels: [{ name: 'access', color: '0e8a16' }],
    },
    { owner: 'acme', name: 'site', private: false },
    { owner: 'acme', name: 'secret' },
  ],
  apps: [
    {
      slug: 'sallyport',
      name: 'Sallyport',
      owner: 'acme',
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      permissions: { issues: 'write', contents: 'read', members: 'read', checks: 'write' },
      events: [
        'discussion',
        'issue_comment',
        'issues',
        'label',
        'member',
        'membership',
        'organization',
        'pull_request',
        'push',
        'repository',
        'team',
      ],
      callbackUrls: ['https://bot.example/callback'],
      installations: [{ account: 'acme', repositories: ['access', 'site'] }],
    },
  ],
};

/** The same company, whose App was given these permissions and no others. */
export function acmeWith(permissions: Record<string, 'read' | 'write'>): Seed {
  const [app] = acme.apps ?? [];
  if (!app) throw new Error('The seed has no App');
  return { ...acme, apps: [{ ...app, permissions }] };
}

export function startAcme(options: Partial<LocalGitHubOptions> = {}): Promise<LocalGitHub> {
  return startLocalGitHub({ seed: acme, ...options });
}

/** Without the plugins that would wait or try again: a test wants to see each answer. */
const plain = { throttle: { enabled: false }, retry: { enabled: false } };

export function appClient(github: LocalGitHub): ProbotOctokit {
  const { appId, privateKey } = sallyport(github);
  return new ProbotOctokit({ ...plain, baseUrl: github.apiUrl, auth: { appId, privateKey } });
}

export function installationClient(github: LocalGitHub): ProbotOctokit {
  const { appId, privateKey, installations } = sallyport(github);
  const auth = { appId, privateKey, installationId: installations['acme'] };
  return new ProbotOctokit({ ...plain, baseUrl: github.apiUrl, auth });
}

export function tokenClient(github: LocalGitHub, token: string): ProbotOctokit {
  return new ProbotOctokit({ ...plain, baseUrl: github.apiUrl, auth: { token } });
}

export function sallyport(github: LocalGitHub) {
  const seeded = github.seeded.apps['sallyport'];
  if (!seeded) throw new Error('The seed has no App called sallyport');
  return seeded;
}

/** A fresh company with one issue by dana, and the App's client. */
export async function withIssue() {
  const github = await startAcme();
  const { number } = await github.as('dana').openIssue('acme/access', { title: 'Hello' });
  const octokit = installationClient(github);
  return {
    github,
    octokit,
    at: { owner: 'acme', repo: 'access', issue_number: number },
    [Symbol.asyncDispose]: () => github.close(),
  };
}

/** The company and a bot that only listens to it. */
export async function startBoth(options: Partial<LocalGitHubOptions> = {}) {
  const stack = new AsyncDisposableStack();
  const receiver = stack.use(await startReceiver());
  const github = stack.use(await startAcme(options));
  github.setWebhookUrl('sallyport', receiver.url);
  return { receiver, github, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}
