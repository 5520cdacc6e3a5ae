// A whole bot whose catalog is a Backstage, here the server that speaks like one; test/backstage/ has the real one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { send, startLocalBackstage, type BackstageEntity } from '../../support/backstage.ts';
import { startCompany, template } from '../company.ts';

const token = 'a-token-of-the-operators';
const repo = 'acme/access';

/** The entities of a template's file, as Backstage has them from a repository. */
function entitiesOf(name: string, location: string): BackstageEntity[] {
  return parseAllDocuments(template(name)).map((document) => {
    const entity = document.toJS() as BackstageEntity;
    const annotations = {
      ...(entity.metadata['annotations'] as object | undefined),
      'backstage.io/managed-by-location': location,
      'backstage.io/managed-by-origin-location': location,
    };
    const metadata = { ...entity.metadata, annotations };
    return Object.assign(entity, { metadata });
  });
}

test('while Backstage is down longer than the settings allow nothing is given, what ends access acts, and then it goes on', async () => {
  let passedMs = 0;
  await using company = await startCompany({ now: () => new Date(Date.now() + passedMs) });
  await using backstage = await startLocalBackstage({ accepts: (given) => given === token });
  const site = company.github.url;
  const fileOf = (name: string) => `url:${site}/acme/${name}/blob/main/catalog-info.yaml`;
  backstage.entities = [
    ...entitiesOf('org.yaml', fileOf('org')),
    ...entitiesOf('catalog-info.yaml', fileOf('payments-services')),
  ];
  await company.stopBot();
  await company.startBot({
    catalog: {
      repositories: [],
      path: 'catalog-info.yaml',
      backstage: { url: backstage.url, token, branch: 'main', site, maxAgeSeconds: 60 },
    },
  });
  const asked = await company.asked('/connect payments-db 1h');

  const turnedAway = Promise.withResolvers<void>();
  backstage.instead = (_request, response) => send(response, 503, {});
  passedMs = 61_000;
  await company.github.as('omar').comment(repo, asked, '/deny');
  await company.until(asked, /denied/);

  const issue = await company.openIssue();
  backstage.instead = (_request, response) => {
    send(response, 503, {});
    turnedAway.resolve();
  };
  await company.github.as('dana').comment(repo, issue, '/connect payments-db 1h');
  await turnedAway.promise;
  assert.deepEqual(company.botComments(issue), []);
  backstage.instead = undefined;
  await company.until(issue, /waiting for approval/);
});
