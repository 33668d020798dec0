// SPDX-License-Identifier: Apache-2.0
// A program of its own, because it has to become another user: exit 77 where it cannot.
#include <catch2/catch.hpp>

#include <cstring>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/control.h"
#include "site.h"

using namespace synpol;
using namespace synpol::test;

namespace {

constexpr uid_t somebody = 65534;

/// What a process of `uid` got: 'a' an answer, 'c' closed without a word, 'n' no connection.
char ask_as(uid_t uid, const std::string& path) {
    const int pid = ::fork();
    if (pid == 0) {
        if (::setresuid(uid, uid, uid) != 0) ::_exit('s');
        const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
        if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            ::_exit('n');
        }
        constexpr char request[] = "GET /v1/status HTTP/1.1\r\nHost: synpol\r\n\r\n";
        ::send(socket, request, sizeof request - 1, MSG_NOSIGNAL);
        char byte = 0;
        ::_exit(::recv(socket, &byte, 1, 0) == 1 ? 'a' : 'c');
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? static_cast<char>(WEXITSTATUS(status)) : '?';
}

} // namespace

TEST_CASE("another user gets no answer, even where the permissions of the socket were opened",
          "[unit][agent][service]") {
    if (::geteuid() != 0) {
        std::fprintf(stderr, "skipped: becoming another user needs root\n");
        std::_Exit(77);
    }
    const Site site;
    const RunningAgent agent{site.folder};
    const auto path = control_path(site.folder / "run");
    CHECK(ask_as(0, path) == 'a');
    CHECK(ask_as(somebody, path) == 'n'); // the folder is closed to others
    for (const auto& folder : {site.folder.path(), site.folder / "run"}) {
        REQUIRE(::chmod(folder.c_str(), 0755) == 0);
    }
    CHECK(ask_as(somebody, path) == 'n'); // and so is the socket
    REQUIRE(::chmod(path.c_str(), 0666) == 0);
    CHECK(ask_as(somebody, path) == 'c');
    CHECK(agent.log().find("of uid 65534") != std::string::npos);
    CHECK(ask_as(0, path) == 'a');
}
