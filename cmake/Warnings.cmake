# vifplug_options: the flags of every target of ours. Third-party code (libopenvswitch) is built by
# its own build system and does not see them.
add_library(vifplug_options INTERFACE)
target_compile_definitions(vifplug_options INTERFACE _GNU_SOURCE)
target_compile_options(vifplug_options INTERFACE
    -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings
    -Wpointer-arith -Wformat=2 $<$<C_COMPILER_ID:GNU>:-Wformat-signedness> -Wundef -Wvla -Wcast-qual
    -Wimplicit-fallthrough -Wnull-dereference)
if(VIFPLUG_WERROR)
    target_compile_options(vifplug_options INTERFACE -Werror)
endif()
if(VIFPLUG_SANITIZE)
    target_compile_options(vifplug_options INTERFACE
        -fsanitize=${VIFPLUG_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(vifplug_options INTERFACE -fsanitize=${VIFPLUG_SANITIZE})
else()
    target_compile_options(vifplug_options INTERFACE
        -fstack-protector-strong $<$<NOT:$<CONFIG:Debug>>:-D_FORTIFY_SOURCE=2>)
    target_link_options(vifplug_options INTERFACE -Wl,-z,relro -Wl,-z,now)
endif()
if(VIFPLUG_COVERAGE)
    target_compile_options(vifplug_options INTERFACE --coverage)
    target_link_options(vifplug_options INTERFACE --coverage)
endif()
if(VIFPLUG_FUZZ)
    target_compile_options(vifplug_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
