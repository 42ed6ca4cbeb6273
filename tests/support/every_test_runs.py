"""A suite in which a collected test did not run is red: skipping hides what a green run claims to show."""

import pytest


class EveryTestRuns:
    """Remembers what was skipped or expected to fail, here or in a worker process, and fails the session."""

    def __init__(self) -> None:
        self.absent: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped:
            self.absent.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.absent.append(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.absent and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.absent:
            terminalreporter.section("did not run, so the suite is red", red=True)
            for nodeid in self.absent:
                terminalreporter.line(nodeid)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(EveryTestRuns(), "every-test-runs")
