/** On a device the app itself is always there. */
export function keepApp(): void {}
