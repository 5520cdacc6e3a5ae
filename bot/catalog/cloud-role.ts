// A cloud role, by the name that its cloud gives it: the ARN of an AWS role, the address of a Google service account,
// the resource id or the client id of an Azure identity. Names are compared as they are written, never interpreted and
// never folded: what is spelled otherwise is another role, so that no way of writing one passes for a permitted one.

/** Partitions are aws, aws-cn, aws-us-gov, aws-iso, aws-eusc and their like. A role has a path before its name, or none. */
const awsPath =
  'arn:aws(?:-[a-z]{1,8}){0,3}:iam::[0-9]{12}:role/(?:[A-Za-z0-9_+=,.@-]{1,128}/){0,32}';
const awsName = '[A-Za-z0-9_+=,.@-]{1,64}';

const guid = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
/** A user-assigned identity: what belongs to one machine alone cannot be taken on from elsewhere. */
const azurePath = `/subscriptions/${guid}/resource[Gg]roups/[A-Za-z0-9_().-]{0,89}[A-Za-z0-9_()-]/providers/Microsoft[.]ManagedIdentity/userAssignedIdentities/`;
const azureName = '[A-Za-z0-9][A-Za-z0-9_-]{2,127}';

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const google = `${label}@(?:${label}[.]){1,8}gserviceaccount[.]com`;

const cloudRole = new RegExp(
  `^(?:${awsPath}${awsName}|${azurePath}${azureName}|${google}|${guid})$`,
);

/** What policy may permit: a cloud role, or a path with `*` in the place of the name. */
export const permittedPattern = new RegExp(
  `^(?:${awsPath}(?:[*]|${awsName})|${azurePath}(?:[*]|${azureName})|${google}|${guid})$`,
);

export const cloudRoleForms =
  'arn:aws:iam::123456789012:role/reader, reader@project.iam.gserviceaccount.com, or the resource id or client id of an Azure identity';

export function isCloudRole(text: string): boolean {
  return cloudRole.test(text);
}

/**
 * Whether one of the names that policy permits is this role's. A `*` stands for one name: below its path nothing is
 * meant.
 */
export function isPermitted(permitted: readonly string[], role: string): boolean {
  const path = role.slice(0, role.lastIndexOf('/') + 1);
  return permitted.some((name) => name === role || (path !== '' && name === `${path}*`));
}
