// What is said of a bot that does not answer a command, whichever command it is.

export function nobodyAnswers(folder: string, address: string): string {
  return `No bot is running on ${folder} (nobody answers at ${address}).`;
}

export const notUnderstood =
  'The bot did not understand the command. Use the sallyportd of the bot that is running.';
