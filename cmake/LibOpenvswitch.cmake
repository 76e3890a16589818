# OVS::libopenvswitch: the system's library where it comes with its private headers, else a static
# one built once from the distribution's source package.
#
# A libopenvswitch.pc alone proves nothing: what upstream installs lacks jsonrpc.h and stream.h,
# without which nobody can speak to an OVSDB server. So the headers are looked for.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(LIBOVS_SSL REQUIRED IMPORTED_TARGET libssl libcrypto)

set(VIFPLUG_LIBOVS_TARBALL /usr/src/openvswitch/openvswitch.tar.gz CACHE FILEPATH
    "Sources of Open vSwitch, for hosts whose libopenvswitch lacks its private headers")
set(VIFPLUG_LIBOVS_DIR ${CMAKE_BINARY_DIR}/libopenvswitch CACHE PATH
    "Where libopenvswitch is built; several build trees may share it")
option(VIFPLUG_LIBOVS_FROM_SOURCE "Build libopenvswitch even if the system has a complete one" OFF)

add_library(libopenvswitch INTERFACE)
add_library(OVS::libopenvswitch ALIAS libopenvswitch)

set(LIBOVS_PRIVATE_INCLUDE_DIR LIBOVS_PRIVATE_INCLUDE_DIR-NOTFOUND)
if(NOT VIFPLUG_LIBOVS_FROM_SOURCE)
    pkg_check_modules(LIBOVS QUIET IMPORTED_TARGET libopenvswitch>=2.17)
    if(LIBOVS_FOUND)
        find_path(LIBOVS_PRIVATE_INCLUDE_DIR jsonrpc.h NO_CACHE NO_DEFAULT_PATH
                  HINTS ${LIBOVS_INCLUDEDIR}/openvswitch/lib ${LIBOVS_INCLUDEDIR}/openvswitch)
    endif()
endif()

if(LIBOVS_PRIVATE_INCLUDE_DIR)
    message(STATUS "libopenvswitch: the system's ${LIBOVS_VERSION}")
    target_include_directories(libopenvswitch SYSTEM INTERFACE
        ${LIBOVS_PRIVATE_INCLUDE_DIR} ${LIBOVS_PRIVATE_INCLUDE_DIR}/..)
    target_link_libraries(libopenvswitch INTERFACE
        PkgConfig::LIBOVS PkgConfig::LIBOVS_SSL Threads::Threads m)
else()
    if(NOT EXISTS ${VIFPLUG_LIBOVS_TARBALL})
        message(FATAL_ERROR
            "No libopenvswitch with its private headers, and no ${VIFPLUG_LIBOVS_TARBALL}.\n"
            "On Debian: apt-get install openvswitch-source; elsewhere set VIFPLUG_LIBOVS_TARBALL.")
    endif()
    message(STATUS "libopenvswitch: from ${VIFPLUG_LIBOVS_TARBALL}, in ${VIFPLUG_LIBOVS_DIR}")
    set(libovs_archive ${VIFPLUG_LIBOVS_DIR}/build/lib/.libs/libopenvswitch.a)
    set(libovs_script ${CMAKE_CURRENT_SOURCE_DIR}/scripts/build-libopenvswitch)
    add_custom_command(OUTPUT ${libovs_archive}
        COMMAND ${CMAKE_COMMAND} -E env CC=${CMAKE_C_COMPILER}
                ${libovs_script} ${VIFPLUG_LIBOVS_TARBALL} ${VIFPLUG_LIBOVS_DIR}
        DEPENDS ${libovs_script} ${VIFPLUG_LIBOVS_TARBALL}
        COMMENT "Building libopenvswitch (once, about a minute)"
        USES_TERMINAL)
    add_custom_target(libopenvswitch_build DEPENDS ${libovs_archive})
    add_dependencies(libopenvswitch libopenvswitch_build)
    target_compile_definitions(libopenvswitch INTERFACE HAVE_CONFIG_H)
    # SYSTEM, because lib/ holds wrappers named string.h and stdio.h, and for its warnings.
    target_include_directories(libopenvswitch SYSTEM INTERFACE
        ${VIFPLUG_LIBOVS_DIR}/build ${VIFPLUG_LIBOVS_DIR}/src/include
        ${VIFPLUG_LIBOVS_DIR}/build/include ${VIFPLUG_LIBOVS_DIR}/src/lib
        ${VIFPLUG_LIBOVS_DIR}/build/lib)
    target_link_libraries(libopenvswitch INTERFACE
        ${libovs_archive} PkgConfig::LIBOVS_SSL Threads::Threads m)
endif()
