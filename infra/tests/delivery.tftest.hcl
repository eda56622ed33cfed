# The deployer can neither read secrets nor extend its own roles.

mock_provider "google" {}

run "delivery" {
  module {
    source = "./modules/delivery"
  }

  variables {
    project_id           = "jangbogi-test"
    repository_id        = "123456"
    deploy_environment   = "production"
    state_bucket         = "state"
    sources_bucket       = "sources"
    repository_of_images = "projects/p/locations/l/repositories/images"
    promoters            = { production = "serviceAccount:ci-build@production.iam.gserviceaccount.com" }
  }

  assert {
    condition = (
      google_iam_workload_identity_pool_provider.github.attribute_mapping["attribute.purpose"] == join(" : ", [
        "assertion.event_name in ['push', 'workflow_dispatch'] && assertion.ref == 'refs/heads/main' && has(assertion.environment) ? 'environment/' + assertion.environment",
        "assertion.event_name in ['push', 'workflow_dispatch'] && assertion.ref == 'refs/heads/main' ? 'main'",
        "assertion.event_name == 'pull_request' ? 'pull_request'",
        "'nothing'",
      ])
    )
    error_message = "Only main may build and deploy, in either form of the token's subject."
  }

  assert {
    condition = length(setintersection(
      [for grant in google_project_iam_member.this : grant.role],
      ["roles/owner", "roles/editor", "roles/secretmanager.admin", "roles/secretmanager.secretAccessor", "roles/resourcemanager.projectIamAdmin"],
    )) == 0
    error_message = "No CI account may have a role that reads secrets or grants roles without limits."
  }

  assert {
    condition     = !contains(google_project_iam_custom_role.secrets.permissions, "secretmanager.versions.access")
    error_message = "The custom role must not read secret values."
  }

  assert {
    condition     = strcontains(google_project_iam_member.deploy_grants.condition[0].expression, "hasOnly(['roles/logging.logWriter', 'roles/monitoring.metricWriter', 'roles/storage.objectViewer', 'roles/telemetry.tracesWriter'])")
    error_message = "The deployer may grant only the roles that workloads use."
  }

  assert {
    condition     = toset([for key, grant in google_project_iam_member.this : grant.role if startswith(key, "ci-plan ")]) == toset(["roles/iam.securityReviewer", "roles/iam.workloadIdentityPoolViewer", "roles/serviceusage.serviceUsageConsumer", "roles/viewer"])
    error_message = "A pull request may only read."
  }

  assert {
    condition = (
      google_storage_bucket_iam_member.state["ci-plan"].role == "roles/storage.objectViewer" &&
      google_storage_bucket_iam_member.plan_locks.condition[0].expression == "resource.name.endsWith('.tflock')"
    )
    error_message = "A pull request may lock the state but not write it."
  }

  assert {
    condition     = keys(google_service_account_iam_member.github) == ["ci-build main", "ci-deploy environment/production", "ci-plan main", "ci-plan pull_request"]
    error_message = "Only jobs of the environment may apply."
  }

  assert {
    condition = (
      google_artifact_registry_repository_iam_member.promoter_images["production"].role == "roles/artifactregistry.reader" &&
      google_storage_bucket_iam_member.promoter_sources["production"].role == "roles/storage.objectViewer"
    )
    error_message = "Another environment may only read what it promotes."
  }
}
