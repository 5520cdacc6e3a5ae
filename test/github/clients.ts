// More callers of the local GitHub, for its own tests: people, people who signed in to the App, and GraphQL
// without a client that hides what came over the wire.
import type { ProbotOctokit } from 'probot';
import { appClient, sallyport, tokenClient } from './fixture.ts';
import type { LocalGitHub } from './server.ts';
import { findAccount } from './state.ts';
import { mintUserToken } from './tokens.ts';

/** Somebody with a token of their own. */
export function personClient(github: LocalGitHub, login: string): ProbotOctokit {
  return tokenClient(github, github.as(login).token);
}

/** Somebody who signed in to the App, which now acts for them. */
export function signedInClient(github: LocalGitHub, login: string): ProbotOctokit {
  const { state } = github.instance;
  const app = state.apps.get(sallyport(github).appId);
  const account = findAccount(state, login);
  if (!app || !account) throw new Error(`${login} cannot sign in`);
  return tokenClient(github, mintUserToken(github.instance, account, app));
}

interface GraphqlAnswer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly {
    readonly type?: string;
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions?: Readonly<Record<string, unknown>>;
  }[];
}

/** A GraphQL answer as it comes over the wire, errors included. */
export async function askGraphql(
  github: LocalGitHub,
  token: string,
  asked: { query: string; variables?: object; operationName?: string },
): Promise<GraphqlAnswer & { status: number }> {
  const answer = await fetch(`${github.url}/api/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify(asked),
  });
  return { ...((await answer.json()) as GraphqlAnswer), status: answer.status };
}

/** A token of the App's installation, for what octokit hides. */
export async function installationToken(github: LocalGitHub): Promise<string> {
  const installation_id = Number(sallyport(github).installations['acme']);
  const { apps } = appClient(github).rest;
  return (await apps.createInstallationAccessToken({ installation_id })).data.token;
}
