import { readFile } from 'node:fs/promises';

const ASSETS = new URL('../../../crates/faces/assets/', import.meta.url);

/** The page's policy, as strict as the service sends it. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'";

const FILES = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/widget.js': ['widget.js', 'text/javascript; charset=utf-8'],
};

/** Answers a request for one of the files the service embeds; returns whether it was one. */
export async function serveAsset(path, response) {
  const file = FILES[path];
  if (!file) return false;
  const [name, type] = file;
  const headers = { 'content-type': type, 'x-content-type-options': 'nosniff', 'cross-origin-resource-policy': 'cross-origin' };
  if (path === '/') headers['content-security-policy'] = PAGE_POLICY;
  response.writeHead(200, headers).end(await readFile(new URL(name, ASSETS)));
  return true;
}
