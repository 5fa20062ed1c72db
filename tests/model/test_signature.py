"""With a key, a bundle without its signature is refused; the key is shown by nothing."""

import hashlib
import hmac
import shutil

import pytest

from model.bundle import EXTRA, MANIFEST, SIGNATURE, sign, verify
from model.errors import BundleError, ConfigError
from model.registry import Registry
from model.signature import VARIABLE, parse_keys, signing_keys
from tests.bundles import remanifest

OLD, NEW = "o" * 32, "n" * 40


@pytest.fixture
def key(monkeypatch):
    """Sets the key of this process."""
    return lambda value: monkeypatch.setenv(VARIABLE, value)


def refusal(folder) -> str:
    with pytest.raises(BundleError) as caught:
        verify(folder)
    assert OLD not in str(caught.value)
    assert NEW not in str(caught.value)
    return str(caught.value)


def signed(folder):
    sign(folder, folder / SIGNATURE)
    return folder


def test_the_signature_is_the_hmac_of_the_manifest(folder, key):
    key(OLD)
    expected = hmac.new(OLD.encode(), (folder / MANIFEST).read_bytes(), hashlib.sha256).hexdigest()
    assert (signed(folder) / SIGNATURE).read_text() == f"hmac-sha256:{expected}\n"
    assert verify(folder).folder == folder


def test_without_a_key_a_signature_is_not_asked_for_and_not_in_the_way(folder, key):
    key(OLD)
    signed(folder)
    key("")
    assert verify(folder).folder == folder


def test_with_a_key_a_bundle_without_a_signature_is_refused_with_the_remedy(folder, key):
    key(OLD)
    assert "is not signed, and TERCET_BUNDLE_KEY is set" in refusal(folder)
    assert "python -m app models sign" in refusal(folder)


def test_a_bundle_that_somebody_else_signed_is_refused(folder, key):
    key(OLD)
    signed(folder)
    key(NEW)
    assert "is not by a key of TERCET_BUNDLE_KEY" in refusal(folder)


def test_a_manifest_that_was_written_anew_with_seal_and_hashes_in_order_is_refused(folder, key):
    key(OLD)
    signed(folder)
    key("")
    signature = (folder / SIGNATURE).read_bytes()
    (folder / SIGNATURE).unlink()
    remanifest(folder, labels=["storm", "calm", "thaw"])
    (folder / SIGNATURE).write_bytes(signature)
    key(OLD)
    assert "or of another bundle.json" in refusal(folder)


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"hmac-sha256:", b"hmac-sha256:" + b"0" * 64, b"x" * 2000, b"\xff\xfe"]
)
@pytest.mark.parametrize("value", ["", OLD])
def test_what_is_no_signature_is_refused_with_a_key_and_without(folder, key, content, value):
    (folder / SIGNATURE).write_bytes(content)
    key(value)
    assert "is not a signature" in refusal(folder)


def test_the_first_key_signs_and_all_verify(folder, key):
    key(OLD)
    signed(folder)
    key(f"{NEW}, {OLD}")
    verify(folder)
    signed(folder)
    key(NEW)
    verify(folder)
    key(OLD)
    refusal(folder)


@pytest.mark.parametrize("value", ["short", f"{OLD},", f"{OLD},{'x' * 31}", ",", " , "])
def test_a_key_that_is_too_short_is_an_error_that_does_not_show_it(folder, key, value):
    key(value)
    with pytest.raises(ConfigError, match=f"of {VARIABLE} has ") as caught:
        verify(folder)
    assert "x" * 31 not in str(caught.value)
    assert OLD not in str(caught.value)


def test_keys_are_separated_by_commas():
    assert parse_keys(f"{OLD} ,{NEW}") == (OLD, NEW)
    assert parse_keys("") == ()


def test_nothing_is_signed_that_is_damaged(folder, key):
    key(OLD)
    (folder / "saved_model.pb").write_bytes(b"another graph")
    with pytest.raises(BundleError, match="does not match its sha256"):
        sign(folder, folder / SIGNATURE)
    assert not (folder / SIGNATURE).exists()


def test_nothing_is_signed_without_a_key(folder):
    with pytest.raises(ConfigError, match="There is no key to sign by"):
        sign(folder, folder / SIGNATURE)


def test_what_is_exported_with_a_key_is_signed_and_sealed_as_without(folder, key):
    key(OLD)
    bundle = remanifest(folder)
    assert (folder / SIGNATURE).is_file()
    assert SIGNATURE not in bundle.manifest.files


def test_a_registry_takes_promotes_and_signs_with_a_key(tmp_path, toy_models, key):
    shutil.copytree(toy_models, tmp_path / "models")
    registry = Registry(tmp_path / "models")
    key(OLD)
    with pytest.raises(BundleError, match="is not signed"):
        registry.promote("toy", 1)
    with pytest.raises(BundleError, match="is not signed"):
        registry.add("toy", lambda folder: shutil.copytree(toy_models / "toy" / "1", folder, dirs_exist_ok=True))
    folder = registry.path("toy", 1)
    before = (folder / MANIFEST).read_bytes()
    registry.sign("toy", 1)
    registry.promote("toy", 1)
    assert (folder / MANIFEST).read_bytes() == before
    assert {path.name for path in (folder / EXTRA).iterdir()} == {"bundle.hmac", "bundle.json", "tokenizer.json"}
    assert [path.name for path in registry.home("toy").glob(".incoming-*")] == []


def test_a_signature_that_is_a_link_is_refused(folder, key, tmp_path):
    key(OLD)
    signed(folder)
    (folder / SIGNATURE).rename(tmp_path / "elsewhere")
    (folder / SIGNATURE).symlink_to(tmp_path / "elsewhere")
    assert "is a link" in refusal(folder)


def test_keys_come_from_the_environment_alone(key):
    key("")
    assert signing_keys() == ()
    key(f"  {OLD}\n")
    assert signing_keys() == (OLD,)
