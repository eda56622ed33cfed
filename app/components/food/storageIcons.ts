import { Cabinet, Refrigerator, Snowflake } from '@/components/ui/icons';

export const storageIcon = { pantry: Cabinet, fridge: Refrigerator, freezer: Snowflake } as const;
