// A GraphQL document, read and held against the schema before anything of it runs, so that a mutation
// with a mistake in it changes nothing.
import { readFileSync } from 'node:fs';
import {
  buildSchema,
  FieldsOnCorrectTypeRule,
  getOperationAST,
  GraphQLError,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
  type ASTVisitor,
  type DocumentNode,
  type ValidationContext,
} from 'graphql';

export const schema = buildSchema(
  readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8'),
);

/** A longer document is refused before it is understood; a bot's have a few hundred. */
const maxTokens = 10_000;

/** The document, or what is wrong with it. */
export function readDocument(text: string): DocumentNode | readonly GraphQLError[] {
  let document: DocumentNode;
  try {
    document = parse(text, { maxTokens });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return [new GraphQLError(`Parse error: ${error.message}`, error.nodes ?? null)];
  }
  const faults = validate(schema, document, rules);
  return faults.length > 0 ? faults : document;
}

/** Whether a request changes anything; one that cannot be read does not. */
export function isMutation(query: string, operationName?: string | null): boolean {
  try {
    const operation = getOperationAST(parse(query, { maxTokens }), operationName);
    return operation?.operation === OperationTypeNode.MUTATION;
  } catch {
    return false;
  }
}

/** GitHub's words and code for what bots run into most, instead of graphql-js's. */
function undefinedField(context: ValidationContext): ASTVisitor {
  return {
    Field(node) {
      const type = context.getParentType();
      if (!type || context.getFieldDef()) return;
      const fieldName = node.name.value;
      const message = `Field '${fieldName}' doesn't exist on type '${type.name}'`;
      const extensions = { code: 'undefinedField', typeName: type.name, fieldName };
      context.reportError(new GraphQLError(message, { nodes: node, extensions }));
    },
  };
}

const rules = [
  ...specifiedRules.filter((rule) => rule !== FieldsOnCorrectTypeRule),
  undefinedField,
];
