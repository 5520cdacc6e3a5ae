// The shape of bot.yml: every setting with its default, its bounds and a sentence. config.ts reads the file by it, and
// templates/reference.md is written from it. It reads nothing itself.

import { z } from 'zod';
import { publicKeyOf } from '../relay/jws.ts';
import { httpsOrigin, mapping, port, wholeNumber, words } from '../relay/setting-kinds.ts';

/** The settings that name an App which exists: all of them, or none and the bot keeps the App's credentials itself. */
const appSettings = ['app-id', 'private-key-file', 'webhook-secret-file'] as const;

/** GitHub's secret is what stands between anybody and an approval: shorter ones are refused. */
export const minWebhookSecretChars = 32;

const httpsUrl = z
  .string({ error: 'Expected an https address.' })
  .refine((text) => URL.canParse(text) && new URL(text).protocol === 'https:', {
    error: 'Expected an https address.',
  })
  .transform((text) => text.replace(/\/$/, ''));
const file = z
  .string({ error: 'Expected the path of a file.' })
  .min(1, { error: 'Expected the path of a file.' });
const repository = z
  .string({ error: 'Expected a repository such as acme/access.' })
  .regex(/^[A-Za-z0-9-]{1,39}\/[A-Za-z0-9._-]{1,100}$/, {
    error: 'Expected a repository such as acme/access.',
  });

/** Where anybody between could answer for it, nobody can: plain HTTP only on this machine. */
const backendUrl = z
  .string({ error: 'Expected an https address; http on this machine alone.' })
  .refine(isBackendUrl, { error: 'Expected an https address; http on this machine alone.' })
  .transform((text) => text.replace(/\/$/, ''));

const backstage = mapping({
  url: backendUrl.describe(
    'The backend of a Backstage whose catalog is read as well, without `/api`: https, or http on this machine.',
  ),
  'token-file': file
    .optional()
    .describe('File with a static token that its `backend.auth.externalAccess` names.'),
  sign: z
    .literal(true, { error: 'Expected true, or leave it out.' })
    .optional()
    .describe(
      'In place of a token: the bot signs one for each call, with a key that it publishes at `/backstage/jwks.json`.',
    ),
  branch: words('the name of a branch')
    .default('main')
    .describe(
      "What a repository's name in the policy stands for: `catalog.path` on this branch. Protect it, and tags of its name.",
    ),
  'max-age-seconds': wholeNumber(10, 3600)
    .prefault(60)
    .describe(
      'It is read for every decision. While it does not answer, what it said last counts for so long, and then nothing is given.',
    ),
}).superRefine((settings, context) => {
  if ((settings['token-file'] === undefined) !== (settings.sign === undefined)) return;
  context.addIssue({ code: 'custom', message: 'Expected either token-file or sign: true.' });
});

const relayKeyError = 'Expected the 43 characters that `sallyportd relay init` prints.';

const connectCommandError = 'Expected one line without backticks.';

/** The shape of bot.yml; templates/reference.md is written from it. */
export const botSettings = mapping({
  url: httpsOrigin('https://sallyport.acme.dev').describe(
    'Where people and relays reach the bot: https, without a path.',
  ),
  listen: mapping({
    host: words('an address to listen on')
      .default('127.0.0.1')
      .describe('The address to listen on.'),
    port: port.prefault(8443).describe('The port to listen on; 0 takes a free one.'),
    tls: mapping({
      cert: file.describe('PEM file of the certificate chain.'),
      key: file.describe('PEM file of its key.'),
    })
      .optional()
      .describe(
        'Leave out where a proxy on this machine ends TLS; the bot then listens on loopback only.',
      ),
  }).prefault({}),
  metrics: mapping({
    host: words('an address to listen on')
      .default('127.0.0.1')
      .describe(
        'The address on which the operator reads /metrics, /healthz and /readyz: plain HTTP, without a password, so never one that strangers reach. Without `metrics` they are served nowhere; `metrics: {}` takes the defaults.',
      ),
    port: port.prefault(9464).describe('Its port; 0 takes a free one.'),
  }).optional(),
  data: words('the path of a folder').describe(
    "A folder for the database, the signing keys, the operator socket and an App's credentials.",
  ),
  ca: file.optional().describe('PEM file of an authority trusted beside the public ones.'),
  github: mapping({
    'api-url': httpsUrl
      .prefault('https://api.github.com')
      .describe(
        "GitHub's API; https://HOST/api/v3 for GitHub Enterprise Server, https://api.SUB.ghe.com with data residency.",
      ),
    'app-id': wholeNumber(1, Number.MAX_SAFE_INTEGER, "the App's number")
      .optional()
      .describe(
        'The id of an App that exists. Left out together with the next two, the bot offers to create the App at its first start and keeps its credentials in `github-app` of the data folder.',
      ),
    'private-key-file': file.optional().describe("PEM file of that App's private key."),
    'webhook-secret-file': file
      .optional()
      .describe(`File with its webhook secret, ${minWebhookSecretChars} characters or more.`),
    'previous-webhook-secret-file': file
      .optional()
      .describe(
        'File with the secret of before, while it is being replaced. Take it out afterwards.',
      ),
    limits: mapping({
      'writes-per-minute': wholeNumber(10, 100_000)
        .prefault(60)
        .describe(
          'What is written in any minute for one installation; a fifth is kept for reactions. GitHub asks for a second between two writes, and takes 80 a minute.',
        ),
      'texts-per-hour': wholeNumber(10, 100_000)
        .prefault(500)
        .describe(
          'Comments and cards, new or edited, and checks of commits, in any hour for one installation; half of it is kept from replies and checks. GitHub takes 500; a GitHub Enterprise Server without rate limits takes any number.',
        ),
      'commands-per-10-minutes': wholeNumber(5, 100_000)
        .prefault(30)
        .describe(
          "Commands of one person that are acted on in any ten minutes; twice as many of /deny, /cancel and /revoke. Whoever gives more would use up what everybody's decisions are shown with.",
        ),
    }).prefault({}),
  })
    .superRefine((github, context) => {
      const missing = appSettings.filter((name) => github[name] === undefined);
      if (missing.length === 0 || missing.length === appSettings.length) return;
      context.addIssue({
        code: 'custom',
        message: `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} missing. Name ${appSettings.join(', ')} together; or leave all three out, and the bot offers to create the App when it starts.`,
      });
    })
    .prefault({}),
  policy: mapping({
    repository: repository.describe('The repository that holds the policy.'),
    path: words('a path').default('sallyport.yml').describe('Its path there.'),
  }),
  catalog: mapping({
    repositories: z
      .array(repository, { error: 'Expected a list of repositories, such as [acme/org].' })
      .default([])
      .describe('Whose descriptors are read from GitHub; at least one, or `backstage`.'),
    path: words('a path')
      .default('catalog-info.yaml')
      .describe(
        'Their path in each of them. Other files of the repository are read where a `kind: Location` in this one leads to them.',
      ),
    backstage: backstage.optional(),
  }).refine((catalog) => catalog.repositories.length > 0 || catalog.backstage !== undefined, {
    error: 'Expected at least one repository, or backstage.',
  }),
  identity: mapping({
    oidc: mapping({
      issuer: httpsUrl.describe("The identity provider's issuer."),
      'client-id': words('a client id').describe("The bot's client id there."),
      'client-secret-file': file.describe('File with its secret.'),
      'subject-claim': words('the name of a claim')
        .default('sub')
        .describe(
          "The claim that holds the provider's stable key of a person; `oid` for Entra ID.",
        ),
      'acr-claim': z
        .enum(['acr', 'acrs'], { error: 'Expected acr or acrs.' })
        .default('acr')
        .describe(
          'How the provider says in which way somebody signed in, where a policy demands one: `acr`, asked for with `acr_values`; `acrs` for Entra ID, whose authentication contexts (`c1` to `c99`) are asked for with `claims`.',
        ),
    }),
  }),
  relays: z
    .array(
      mapping({
        name: z
          .string({ error: 'Expected a name.' })
          .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, {
            error: 'Expected a name of lower-case letters, digits and hyphens.',
          })
          .describe("The relay's name in the policy."),
        url: httpsOrigin('https://relay.acme.dev').describe(
          'Where clients reach it: https, without a path.',
        ),
        key: z
          .string({ error: relayKeyError })
          .refine((text) => publicKeyOf(text) !== undefined, { error: relayKeyError })
          .describe('Its public key, as `sallyportd relay init` prints it.'),
        ca: file
          .optional()
          .describe("PEM file of the authority of the relay's certificate, where it is private."),
      }),
      { error: 'Expected a list of relays.' },
    )
    .min(1, { error: 'Expected at least one relay.' })
    .refine((relays) => new Set(relays.map(({ name }) => name)).size === relays.length, {
      error: 'Expected each relay to be named once.',
    }),
  'connect-command': z
    .string({ error: connectCommandError })
    .regex(/^[^`\p{C}]{1,500}$/u, { error: connectCommandError })
    .optional()
    .describe('How the pasted line begins; left out, `npx sallyport@<this version> connect`.'),
});

function isBackendUrl(text: string): boolean {
  const url = URL.parse(text);
  if (!url || url.search !== '' || url.hash !== '' || url.username + url.password !== '')
    return false;
  const isHere = ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  return url.protocol === 'https:' || (url.protocol === 'http:' && isHere);
}
