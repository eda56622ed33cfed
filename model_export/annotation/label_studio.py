"""A client for the parts of Label Studio's REST API (https://api.labelstud.io) that annotation needs.

Label Studio's SDK is not used: it pins numpy and adds 35 packages to the training environment.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from model_export.annotation.errors import LabelStudioDown, LabelStudioRefused, ProjectAmbiguous, TokenRefused

PAGE = 200
Json = dict[str, Any]


class TokenAuth(httpx.Auth):
    """Authentication with a personal access token: a refresh token for access tokens that expire after five minutes."""

    requires_response_body = True

    def __init__(self, base_url: str, personal_access_token: str) -> None:
        self._refresh_url = f"{base_url}/api/token/refresh/"
        self._token = personal_access_token
        self._access = ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Refresh before the first request, and again when the access token has expired."""
        if self._access:
            request.headers["Authorization"] = f"Bearer {self._access}"
            answer = yield request
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                return
        refreshed = yield httpx.Request("POST", self._refresh_url, json={"refresh": self._token})
        if refreshed.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise LabelStudioDown(f"Label Studio cannot refresh tokens: HTTP {refreshed.status_code}.")
        if not refreshed.is_success:
            raise TokenRefused("Label Studio rejects the personal access token; create a new one in its settings.")
        self._access = refreshed.json()["access"]
        request.headers["Authorization"] = f"Bearer {self._access}"
        yield request


@dataclass(frozen=True)
class SendIdToken:
    """An httpx hook that identifies the caller to Cloud Run, which reads this header before `Authorization`."""

    token: Callable[[], str]

    def __call__(self, request: httpx.Request) -> None:
        request.headers["X-Serverless-Authorization"] = f"Bearer {self.token()}"


class LabelStudioClient:
    """A Label Studio server, with the permissions of the token's owner. The caller closes the HTTP client.

    Every method raises TokenRefused, LabelStudioRefused or LabelStudioDown.
    """

    def __init__(self, http: httpx.Client, url: str, personal_access_token: str) -> None:
        self._http = http
        self._url = url.rstrip("/")
        self._auth = TokenAuth(self._url, personal_access_token)

    def find_project(self, title: str) -> Json | None:
        """The project with exactly this title, if any. Raises ProjectAmbiguous if there are several."""
        matches = [project for project in self._pages("/api/projects/", title=title) if project["title"] == title]
        if len(matches) > 1:
            raise ProjectAmbiguous(f"Label Studio has {len(matches)} projects named {title!r}.")
        return matches[0] if matches else None

    def create_project(self, settings: Json) -> Json:
        """Create a project, with `settings` as in the API reference; returns it."""
        return dict(self._call("POST", "/api/projects/", json=settings))

    def update_project(self, project_id: int, settings: Json) -> None:
        """Change settings of a project."""
        self._call("PATCH", f"/api/projects/{project_id}/", json=settings)

    def import_tasks(self, project_id: int, tasks: Sequence[Json]) -> None:
        """Add tasks `{data, predictions}` to a project: all of them or, on an error, none."""
        self._call("POST", f"/api/projects/{project_id}/import", json=list(tasks))

    def tasks(self, project_id: int) -> Iterator[list[Json]]:
        """All tasks with their annotations, page by page, the oldest first."""
        page, seen, total = 1, 0, 1
        while seen < total:
            tasks, total = self._tasks(project_id, page)
            if not tasks:
                return
            yield tasks
            page, seen = page + 1, seen + len(tasks)

    def visit_tasks(self, project_id: int, visit: Callable[[list[Json]], int]) -> None:
        """The same for a `visit` that deletes tasks; it returns how many of those it was given, and may get one twice.

        Only one page is in memory. When tasks were deleted, those after them have moved up into the same page.
        """
        page, total = 1, 1
        while (page - 1) * PAGE < total:
            tasks, total = self._tasks(project_id, page)
            if not tasks:
                return
            deleted = visit(tasks)
            total -= deleted
            page += not deleted

    def _tasks(self, project_id: int, page: int) -> tuple[list[Json], int]:
        """A page, and the number of all tasks."""
        parameters = {"project": project_id, "fields": "all", "page": page, "page_size": PAGE}
        answer = self._call("GET", "/api/tasks/", params=parameters)
        return answer["tasks"], answer["total"]

    def delete_task(self, task_id: int) -> None:
        """Delete a task with its annotations, unless it is gone."""
        self._call("DELETE", f"/api/tasks/{task_id}/", accept=(httpx.codes.NOT_FOUND,))

    def emails(self) -> dict[int, str]:
        """The email address of each user, by user id."""
        return {user["id"]: user["email"] for user in self._call("GET", "/api/users/")}

    def _pages(self, path: str, **parameters: Any) -> Iterator[Json]:
        page = 1
        while True:
            answer = self._call("GET", path, params={**parameters, "page": page, "page_size": PAGE})
            yield from answer["results"]
            if not answer["next"]:
                return
            page += 1

    def _call(self, method: str, path: str, accept: Sequence[int] = (), **request: Any) -> Any:
        try:
            answer = self._http.request(method, self._url + path, auth=self._auth, **request)
        except httpx.TransportError as error:
            raise LabelStudioDown(f"Label Studio does not answer at {self._url}: {error}.") from error
        if answer.status_code in accept:
            return None
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise TokenRefused(f"The owner of the token is not allowed to {method} {path}.")
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise LabelStudioDown(f"Label Studio answered {answer.status_code} to {method} {path}.")
        if not answer.is_success:
            raise LabelStudioRefused(f"Label Studio refused {method} {path}: {answer.text[:500]}")
        return answer.json() if answer.content else None
