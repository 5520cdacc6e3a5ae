// A Backstage backend with the catalog and nothing else, configured by the file that --config names. Its people may come
// from a provider, as Microsoft Entra ID's do: they stand in SALLYPORT_TEST_PEOPLE as JSON.

import { createBackend } from '@backstage/backend-defaults';
import { createBackendModule } from '@backstage/backend-plugin-api';
import { catalogProcessingExtensionPoint } from '@backstage/plugin-catalog-node';

const people = createBackendModule({
  pluginId: 'catalog',
  moduleId: 'people',
  register(module) {
    module.registerInit({
      deps: { catalog: catalogProcessingExtensionPoint },
      async init({ catalog }) {
        catalog.addEntityProvider({
          getProviderName: () => 'people',
          async connect(connection) {
            const entities = JSON.parse(process.env.SALLYPORT_TEST_PEOPLE ?? '[]');
            await connection.applyMutation({
              type: 'full',
              entities: entities.map((entity) => ({ entity, locationKey: 'people' })),
            });
          },
        });
      },
    });
  },
});

const backend = createBackend();
backend.add(import('@backstage/plugin-catalog-backend'));
backend.add(people);
await backend.start();
process.stdout.write('The backend has started.\n');
