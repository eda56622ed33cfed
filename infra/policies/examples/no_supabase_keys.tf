resource "supabase_apikey" "bad_in_state" {
  project_ref = "x"
  name        = "functions"
}
