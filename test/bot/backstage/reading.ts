// A company that reads its catalog from a Backstage alone, which a test can change and silence.

import { parseAllDocuments } from 'yaml';
import { send, startLocalBackstage, type BackstageEntity } from '../../support/backstage.ts';
import { template, type Company } from '../company.ts';

const token = 'a-token-of-the-operators';

/** The entities of a file, as Backstage has them from a repository. */
function entitiesOf(text: string, location: string): BackstageEntity[] {
  return parseAllDocuments(text).map((document) => {
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

/** Starts the company's bot again with a Backstage that has the template's services and these people. */
export async function readFromBackstage(company: Company, people = template('org.yaml')) {
  const backstage = await startLocalBackstage({ accepts: (given) => given === token });
  const site = company.github.url;
  const fileOf = (name: string) => `url:${site}/acme/${name}/blob/main/catalog-info.yaml`;
  backstage.entities = [
    ...entitiesOf(people, fileOf('org')),
    ...entitiesOf(template('catalog-info.yaml'), fileOf('payments-services')),
  ];
  const catalog = {
    repositories: [],
    path: 'catalog-info.yaml',
    backstage: { url: backstage.url, token, branch: 'main', site, maxAgeSeconds: 60 },
  };
  const restart = async () => {
    await company.stopBot();
    await company.startBot({ catalog });
  };
  await restart();
  return {
    restart,
    /** Gives whatever `from` owns to `to`. */
    changeOwner(from: string, to: string) {
      backstage.entities = backstage.entities.map((entity) =>
        entity.spec?.['owner'] === from
          ? { ...entity, spec: { ...entity.spec, owner: to } }
          : entity,
      );
    },
    /** Answers nothing any more, and resolves when it has turned somebody away. */
    silence() {
      const turnedAway = Promise.withResolvers<void>();
      backstage.instead = (_request, response) => {
        send(response, 503, {});
        turnedAway.resolve();
      };
      return turnedAway.promise;
    },
    answer: () => void (backstage.instead = undefined),
    [Symbol.asyncDispose]: () => backstage[Symbol.asyncDispose](),
  };
}
