// A face for everybody, drawn from the numeric id: initials on a colour of their own for people,
// a square badge for bots and organisations. SVG, so that it is sharp at any size.
import type { Account } from '../state.ts';

export function avatar({ id, login, name, type }: Account): string {
  // Steps of the golden angle keep neighbours' colours far apart.
  const hue = Math.round((id * 137.508) % 360);
  const words = (name ?? login).split(/[\s-]+/).filter((word) => /^[a-z\d]/i.test(word));
  const initials = words.slice(0, 2).map((word) => word.charAt(0).toUpperCase());
  const shape =
    type === 'User'
      ? `<rect width="80" height="80" fill="hsl(${hue} 55% 46%)"/>`
      : `<rect width="80" height="80" fill="#24292f"/><path d="M14 62V30l8 7 9-9 9 9 9-9 9 9 8-7v32z" fill="hsl(${hue} 60% 62%)"/>`;
  const text =
    type === 'User'
      ? `<text x="40" y="52" text-anchor="middle" font-family="system-ui,sans-serif" font-size="34" font-weight="600" fill="#fff">${initials.join('')}</text>`
      : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 80" width="80" height="80">${shape}${text}</svg>`;
}
