# SPDX-License-Identifier: MIT
# Where things are when they are installed: `make install` makes places.mk of it.  An application is built
# in build/ of the directory with its Makefile, or in OUT.

OUT    ?= build
BASE   := $(MINIOS)
HEAD   := $(MINIOS)/head.o
LIBS   := $(MINIOS)/libminios.a $(MINIOS)/liblwip.a

INCLUDES := -I$(MINIOS)/include -I@INCLUDEDIR@/lightvm \
	-isystem $(MINIOS)/include/libc -isystem $(MINIOS)/include/public
LWIP_INCLUDES := -I$(MINIOS)/include/lwip-port -isystem $(MINIOS)/include/lwip
