import { Cabinet, Refrigerator, Snowflake } from './icons';

export const storageIcon = { pantry: Cabinet, fridge: Refrigerator, freezer: Snowflake } as const;
