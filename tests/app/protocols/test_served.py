import asyncio

import pytest

from app.errors import NotFoundError, NotReadyError
from app.protocols.served import served
from model.errors import BundleError
from tests.app.fakes import running


def ask(name, version=None, load=None, drain=False):
    async def main():
        async with running(load, stay_up_without_model=True) as (service, _):
            if drain:
                service.drain()
            return served(service, name, version)

    return asyncio.run(main())


@pytest.mark.parametrize("version", [None, "7"])
def test_the_model_that_serves_is_found_by_its_name_and_its_version(version):
    assert ask("fake", version).version == 7


def test_another_name_says_which_one_serves():
    with pytest.raises(NotFoundError, match=r"^There is no model 'other' here; fake \(version 7\) serves\.$"):
        ask("other")


@pytest.mark.parametrize("version", ["8", "07", "-1", "latest", "٧"])
def test_another_version_says_which_one_serves(version):
    with pytest.raises(NotFoundError, match=rf"^Version '{version}' of fake does not serve; version 7 does\.$"):
        ask("fake", version)


def test_names_of_any_length_are_shown_in_short():
    with pytest.raises(NotFoundError) as raised:
        ask("x" * 10_000)
    assert len(str(raised.value)) < 200


def test_without_a_model_and_while_shutting_down_nothing_is_found_or_missing():
    def broken(*_):
        raise BundleError("The bundle is damaged.")

    with pytest.raises(NotReadyError, match="damaged"):
        ask("fake", load=broken)
    with pytest.raises(NotReadyError, match="shutting down"):
        ask("fake", drain=True)
