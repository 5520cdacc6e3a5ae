import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PolicyUnusable } from '../../bot/github/rules.ts';
import { startCompany, template } from './company.ts';

test('a faulty policy stops the start, with every fault at its line', async () => {
  const text = template('sallyport.yml')
    .replace('approvals: 1', 'approvals: none')
    .replace('relays:', 'relais:');
  await using company = await startCompany();
  await company.stopBot();
  await company.github.as('olga').putFile('acme/access', 'sallyport.yml', { text });
  await assert.rejects(company.startBot(), (error) => {
    assert.ok(error instanceof PolicyUnusable);
    const told = error.faults.join('\n');
    assert.match(told, /acme\/access\/sallyport\.yml:\d+:\d+ .*relais/);
    assert.match(told, /Expected a number from 1 to 10/);
    return true;
  });
});

test('a faulty policy does not replace a good one in a running bot', async () => {
  let shiftMs = 0;
  await using company = await startCompany({ now: () => new Date(Date.now() + shiftMs) });
  await company.github.as('olga').putFile('acme/access', 'sallyport.yml', { text: 'version: 2\n' });
  await company.github.settled();
  shiftMs = 60_000;
  const issue = await company.openIssue();
  await company.github.as('dana').comment('acme/access', issue, '/connect payments-db 1h');
  await company.until(issue, /waiting for approval/);
});

test('ownership follows the catalog: a push changes who may approve', async () => {
  await using company = await startCompany();
  const issue = await company.openIssue();
  await company.github.as('dana').comment('acme/access', issue, '/connect payments-db 1h');
  await company.until(issue, /waiting for approval/);
  const text = template('org.yaml').replace('memberOf: [payments]', 'memberOf: [engineering]');
  await company.github.as('olga').putFile('acme/org', 'catalog-info.yaml', { text });
  await company.github.settled();
  await company.github.as('omar').comment('acme/access', issue, '/approve');
  await company.until(issue, /may not decide/);
});

test('a bot starts while GitHub cannot be reached, because relays must go on hearing from it', async () => {
  await using company = await startCompany();
  await company.stopBot();
  company.failGitHub();
  await company.startBot();
});
