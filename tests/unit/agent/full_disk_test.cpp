// SPDX-License-Identifier: Apache-2.0
// A program of its own, because it needs a file system that it can fill: exit 77 where none can be
// mounted.
#include <catch2/catch.hpp>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <sys/mount.h>
#include <unistd.h>

#include "agent/files.h"
#include "agent/store.h"
#include "temp_folder.h"

using namespace synpol;
using synpol::test::TempFolder;

TEST_CASE("a full disk fails a batch, and the next one is written when there is room again",
          "[unit][agent]") {
    const TempFolder folder;
    if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=1m") != 0) {
        std::fprintf(stderr, "skipped: mounting a small file system: %s\n", std::strerror(errno));
        std::_Exit(77);
    }
    struct Unmount {
        const std::string& path;
        ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
    } unmount{folder.path()};
    auto opened = Store::open(folder.path());
    REQUIRE(opened);
    auto& store = *opened;
    REQUIRE(write_file(folder / "ballast", std::string(512 * 1024, 'b')));
    Batch small;
    small.events.resize(1);
    Batch large;
    large.events.resize(50'000);
    auto full = store.write(large);
    REQUIRE_FALSE(full);
    CHECK(full.error().message().find("disk is full") != std::string::npos);
    ::unlink((folder / "ballast").c_str());
    CHECK(store.write(small));
}
