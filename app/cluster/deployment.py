"""What Ray Serve runs: `application` is what deploy/ray/serve.yaml names. Each replica is a `Replica` of its own.

Imported by Ray's processes alone; options of the deployment are in that file.
"""

from ray import serve
from starlette.types import ASGIApp

from app.cluster.replica import Replica
from app.cluster.scaling import TEXTS
from app.cluster.unnamed import Unnamed
from app.settings import load_settings


class _Tercet:
    """One replica, by the names that Ray Serve calls."""

    _replica: Replica

    @property
    def straight(self) -> ASGIApp:
        """What answers where `app.cluster.straight` is asked."""
        return self._replica.app

    async def __serve_build_asgi_app__(self) -> ASGIApp:
        """What answers where Ray is asked."""
        self._replica = await Replica.start(load_settings())
        return Unnamed(self._replica.app)

    def leave(self) -> None:
        """Called by `app.cluster.straight` once Ray has this replica end."""
        self._replica.leave()

    async def check_health(self) -> None:
        """Raises where `/health/ready` would not be 200."""
        self._replica.check()

    async def record_autoscaling_stats(self) -> dict[str, float]:
        """For `app.cluster.scaling`."""
        return {TEXTS: self._replica.texts()}


Tercet = serve.deployment(name="Tercet")(serve.ingress()(_Tercet))
application = Tercet.bind()
