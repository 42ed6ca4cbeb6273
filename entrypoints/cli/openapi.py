import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The document is JSON either way.")
def openapi(*, as_json: bool) -> None:
    """Print the OpenAPI 3.1 document. Reads no configuration and reaches for nothing."""
    del as_json
    from entrypoints.http.app import create_app
    from entrypoints.http.openapi import document_of
    from entrypoints.settings.load import read_settings
    from entrypoints.wiring import make_container

    settings, _ = read_settings({})
    click.echo(document_of(create_app(settings, make_container(settings))).decode())
