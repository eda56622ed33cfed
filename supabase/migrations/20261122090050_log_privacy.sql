-- What users type stays out of Postgres' log. Its errors quote it, such as "invalid input syntax for type uuid", and the
-- log of slow statements contains their parameters. Clients and functions get the errors nevertheless, with a code.

do $$
begin
  -- PostgREST connects as this role, and acts as the user's role within it. LOG ranks above ERROR in this setting, so
  -- what our triggers log stays. In effect for connections that are made after this.
  alter role authenticator set log_min_messages = log;
  alter role authenticator set log_parameter_max_length = 0;
  alter role authenticator set log_parameter_max_length_on_error = 0;
exception
  when undefined_object then
    null; -- not a Supabase project: the local Data API connects as another role
  when insufficient_privilege or reserved_name then
    raise warning 'errors of the Data API stay in the log, with what users typed: %', sqlerrm;
end
$$;
