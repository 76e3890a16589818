#include "watch/notify.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>
#else
static void sd_notify(int unset_environment, const char *state)
{
    (void)unset_environment;
    (void)state;
}
#endif

/* One message, so that nobody sees the one without the other. What comes in further lines of a
 * status would be taken for something else that we tell. */
static void tell(const char *state, const char *status, const char *more)
{
    auto_free char *text = str_printf("%sSTATUS=%.*s%s", state, (int)strcspn(status, "\n"), status,
                                      more);

    sd_notify(0, text);
}

void notify_ready(const char *status)
{
    tell("READY=1\n", status, "");
}

void notify_reloading(void)
{
    /* The time is for Type=notify-reload, which wants the monotonic clock's (sd_notify(3)). */
    auto_free char *state = str_printf("RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_us());

    sd_notify(0, state);
}

void notify_status(const char *status)
{
    tell("", status, "");
}

void notify_stopping(int error, const char *why)
{
    auto_free char *number = error ? str_printf("\nERRNO=%d", -error) : str_dup("");

    tell("STOPPING=1\n", error && why ? why : "", number);
}
