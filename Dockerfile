# The command line as an image:
#   docker build -t arami-db .
#   docker run --rm -e DATABASE_URL arami-db migrate
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY arami_db arami_db
COPY sql sql
RUN pip wheel --no-cache-dir --wheel-dir /wheels .

FROM python:3.13-slim-bookworm
COPY --from=build /wheels /wheels
# The only arami-db there is the one just built.
# hadolint ignore=DL3013
RUN pip install --no-cache-dir --no-index --find-links /wheels arami-db \
    && rm -r /wheels \
    && useradd --uid 10001 --create-home arami
USER 10001
# Mount a project here: its sql/ and arami-db.toml.
WORKDIR /work
ENTRYPOINT ["arami-db"]
CMD ["--help"]
