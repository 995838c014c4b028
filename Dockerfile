# An image whose entry point is Sandgate: everything that a container of it runs, runs under rules.
#
#   docker build -t sandgate .
#   docker run --rm sandgate cat /etc/hostname
#
# Put another image's programs under rules by building on that image: --build-arg BASE=python:3.13-slim. It needs glibc, libgcc
# and libstdc++ (Debian, Ubuntu, Fedora, distroless/cc), and nothing is executed in it to build.
# A published binary that is in artifacts/sandgate and newer than the sources is taken as it is; then SDK may be any image with bash.
ARG SDK=mcr.microsoft.com/dotnet/sdk:10.0
ARG BASE=debian:bookworm-slim

FROM ${SDK} AS build
WORKDIR /source
COPY . .
RUN ./dev build --if-needed && mkdir /work

FROM ${BASE}
COPY --from=build /source/artifacts/sandgate/sandgate /usr/local/bin/sandgate
COPY examples/container/config.json /etc/sandgate/config.json

# The rules' ./ and ~/ mean this directory.
COPY --from=build --chown=65532:65532 /work /work
WORKDIR /work
ENV HOME=/work
USER 65532:65532
ENTRYPOINT ["sandgate", "run", "-c", "/etc/sandgate/config.json", "--"]
