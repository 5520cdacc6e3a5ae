// The payload of `discussion.created`, as far as an issue that was converted fills it.
import { associationOf } from '../access.ts';
import { simpleUser } from '../shapes/account-shape.ts';
import { apiUrl, webUrl } from '../shapes/repository-shape.ts';
import { timestamp } from '../shapes/timestamp.ts';
import type { Issue, Repository } from '../state.ts';
import { inRepository, type Happening, type Payload } from './happening.ts';

export function discussionPayload(
  happening: Happening,
  issue: Issue,
  number: number,
): Payload<'webhook-discussion-created'> {
  const { instance } = happening;
  const { repository, author } = issue;
  const now = timestamp(instance.now());
  return {
    action: 'created',
    discussion: {
      id: instance.state.nextId(),
      node_id: `D_kw${number}`,
      number,
      title: issue.title,
      body: issue.body,
      state: 'open',
      state_reason: null,
      locked: false,
      active_lock_reason: null,
      user: simpleUser(instance, author),
      author_association: associationOf(instance.state, repository, author),
      comments: issue.comments.length,
      answer_html_url: null,
      html_url: `${webUrl(instance, repository)}/discussions/${number}`,
      repository_url: apiUrl(instance, repository),
      category: category(repository),
      answer_chosen_at: null,
      answer_chosen_by: null,
      created_at: now,
      updated_at: now,
    },
    ...inRepository(happening, repository),
  };
}

/** The one that every repository with discussions begins with. */
function category({ id, createdAt }: Repository) {
  return {
    id: 1,
    node_id: 'DIC_kw1',
    repository_id: id,
    emoji: ':speech_balloon:',
    name: 'General',
    description: '',
    slug: 'general',
    is_answerable: false,
    created_at: timestamp(createdAt),
    updated_at: timestamp(createdAt),
  };
}
