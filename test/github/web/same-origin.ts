// Only pages of this server may post to it: a browser says where a POST comes from.
import type { Instance } from '../instance.ts';

export function isSameOrigin(instance: Instance, request: Request): boolean {
  return request.headers.get('origin') === instance.origin();
}
