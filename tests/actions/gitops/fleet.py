"""Generates a desired-state repository as teams with several clusters keep it: Flux, overlays, bases, Helm releases."""

from collections.abc import Iterator, Mapping
from pathlib import Path

CLUSTERS = ("prod", "staging", "dev")
APPS = 8  # of a team: seven Deployments and one HelmRelease

SYNC = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: {name}
  namespace: flux-system
spec:
  interval: 10m0s
  path: ./{path}
  prune: true
  sourceRef:
    kind: GitRepository
    name: flux-system
"""
TARGET = "  targetNamespace: {namespace}\n"
SOURCE = """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: flux-system
  namespace: flux-system
spec:
  interval: 1m0s
  ref: {branch: main}
  url: https://git.example/acme/fleet
"""
DEPLOYMENT = """\
# Kept by {team}.
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  labels:
    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: {team}
spec:
  replicas: 2
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {name}
        app.kubernetes.io/part-of: {team}
      annotations:
        prometheus.io/scrape: "true"
    spec:
      serviceAccountName: {name}
      securityContext:
        runAsNonRoot: true
        seccompProfile: {{type: RuntimeDefault}}
      containers:
        - name: app
          image: registry.example/{team}/{name}:1.4.2 # {{"$imagepolicy": "{team}:{name}"}}
          imagePullPolicy: IfNotPresent
          ports:
            - {{name: http, containerPort: 8080}}
          env:
            - name: LOG_LEVEL
              value: info
            - name: UPSTREAM
              valueFrom:
                configMapKeyRef: {{name: {name}, key: upstream}}
          readinessProbe:
            httpGet: {{path: /ready, port: http}}
          resources:
            requests: {{cpu: 100m, memory: 64Mi}}
            limits: {{memory: 256Mi}}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector:
    app.kubernetes.io/name: {name}
  ports:
    - {{name: http, port: 80, targetPort: http}}
"""
CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
data:
  upstream: http://upstream.{team}.svc
  settings.yaml: |
    cache: {{size: 128}}
    features: [search, export]
"""
RELEASE = """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: {name}
spec:
  interval: 1h
  chart:
    spec:
      chart: {name}
      version: 2.x
      sourceRef:
        kind: HelmRepository
        name: acme
        namespace: flux-system
  values:
    ingress:
      enabled: true
      hosts: [{name}.example]
    persistence:
      enabled: true
      size: 10Gi
"""
IMAGE_PATCH = """\
patches:
  - path: resources.yaml
    target:
      kind: Deployment
      name: {name}
"""
RESOURCES = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
spec:
  template:
    spec:
      containers:
        - name: app
          resources:
            limits: {{memory: 1Gi}}
"""


def name_of(team: int, app: int) -> str:
    """The name of a team's app; the last of a team is a HelmRelease."""
    return f"app-{team:03}-{app}"


def files(teams: int) -> Iterator[tuple[str, str]]:
    """Path and content of each file of a repository for so many teams, about 50 files a team."""
    for cluster in CLUSTERS:
        entry = f"clusters/{cluster}"
        yield f"{entry}/flux-system/gotk-sync.yaml", SOURCE + "---\n" + SYNC.format(name="flux-system", path=entry)
        yield f"{entry}/flux-system/kustomization.yaml", _kustomization(["gotk-sync.yaml"])
    for team in range(teams):
        yield from _team(team)


def write(root: Path, contents: Mapping[str, str]) -> None:
    """Write files by their path below `root`."""
    for path, content in contents.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)


def _team(team: int) -> Iterator[tuple[str, str]]:
    name = f"team-{team:03}"
    apps = [name_of(team, app) for app in range(APPS)]
    for app in apps[:-1]:
        base = f"apps/{name}/base/{app}"
        yield f"{base}/kustomization.yaml", _kustomization(["deployment.yaml", "service.yaml", "config.yaml"])
        yield f"{base}/deployment.yaml", DEPLOYMENT.format(name=app, team=name)
        yield f"{base}/service.yaml", SERVICE.format(name=app)
        yield f"{base}/config.yaml", CONFIG.format(name=app, team=name)
    yield f"apps/{name}/base/{apps[-1]}/kustomization.yaml", _kustomization(["release.yaml"])
    yield f"apps/{name}/base/{apps[-1]}/release.yaml", RELEASE.format(name=apps[-1])
    for cluster in CLUSTERS:
        overlay = f"apps/{name}/{cluster}"
        patch = IMAGE_PATCH.format(name=apps[0])
        yield f"{overlay}/kustomization.yaml", _kustomization([f"../base/{app}" for app in apps]) + patch
        yield f"{overlay}/resources.yaml", RESOURCES.format(name=apps[0])
        sync = SYNC.format(name=name, path=overlay) + TARGET.format(namespace=name)
        yield f"clusters/{cluster}/{name}.yaml", sync


def _kustomization(resources: list[str]) -> str:
    lines = "".join(f"  - {resource}\n" for resource in resources)
    return f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{lines}"
