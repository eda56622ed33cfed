// The client, with the types that `make schema` generates from the database.
import type { SupabaseClient } from '@supabase/supabase-js';

import type { Database } from '../../supabase/database.types';

export type Supabase = SupabaseClient<Database>;
