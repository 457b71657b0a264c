"""deploy/kubernetes: the manifests are valid by the API's schemas, and agree with the services' declarations."""

import kubernetes_validate
import pytest
import yaml
from listed import assert_listed

from homeport.config.reading import load


@pytest.fixture(scope="module")
def manifests(read_file):
    return {one["kind"]: one for one in yaml.safe_load_all(read_file("deploy/kubernetes/homeport.yaml"))}


def test_every_manifest_is_valid_by_the_newest_schemas(manifests):
    assert list(manifests) == ["ConfigMap", "Deployment", "Service", "PodDisruptionBudget"]
    for manifest in manifests.values():
        kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)


def test_the_schemas_refuse_a_mistake(manifests):
    wrong = {**manifests["Service"], "spec": {**manifests["Service"]["spec"], "ports": "all"}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, kubernetes_validate.latest_version(), strict=True)


def test_pod_and_service_have_every_listener(manifests, farm_ports):
    (container,) = manifests["Deployment"]["spec"]["template"]["spec"]["containers"]
    pod = {(one["containerPort"], one["protocol"].lower()) for one in container["ports"]}
    assert_listed("deploy/kubernetes/homeport.yaml, ports of the Deployment", pod, farm_ports)
    served = {(one["port"], one["protocol"].lower()) for one in manifests["Service"]["spec"]["ports"]}
    assert_listed("deploy/kubernetes/homeport.yaml, ports of the Service", served, farm_ports)


def test_a_probe_asks_whether_it_lives_and_another_whether_it_serves(manifests):
    (container,) = manifests["Deployment"]["spec"]["template"]["spec"]["containers"]
    paths = {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "liveness", "readiness")}
    assert paths == {"startup": "/readyz", "liveness": "/livez", "readiness": "/readyz"}


def test_the_configuration_of_the_manifest_is_one(manifests, tmp_path):
    file = tmp_path / "homeport.toml"
    file.write_text(manifests["ConfigMap"]["data"]["homeport.toml"])
    read = load(file, {"HOMEPORT_HOST": "0.0.0.0"})
    assert read.control.open
