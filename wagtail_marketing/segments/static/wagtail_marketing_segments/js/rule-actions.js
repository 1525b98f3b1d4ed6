/* What one can do with a row or a group as a whole: a button for removing, and a list of the rest. The list
   stays open while one moves a row step by step. */
(() => {
    const { el, icon, iconButton, rename, fill } = window.wmRules;

    class Actions {
        constructor(ctx, item) {
            this.ctx = ctx;
            this.item = item;
            const { strings } = ctx;
            this.menu = el("ul", { class: "wm-rules__menu", id: ctx.uid("menu"), hidden: true });
            this.toggle = el(
                "button",
                {
                    type: "button",
                    class: "wm-rules__icon",
                    "aria-expanded": "false",
                    "aria-controls": this.menu.id,
                    onclick: () => this.show(this.menu.hidden),
                },
                icon("dots-horizontal"),
            );
            this.remove = iconButton("", "bin", () => item.group.remove(item));
            this.choices = [
                ["up", "arrow-up", strings.moveUp, () => item.group.move(item, -1), () => item.group.place(item) > 0],
                [
                    "down",
                    "arrow-down",
                    strings.moveDown,
                    () => item.group.move(item, 1),
                    () => item.group.place(item) < item.group.items.length - 1,
                ],
                ["into", "arrow-right", strings.moveInto, () => item.group.into(item), () => item.group.canInto(item)],
                ["out", "arrow-left", strings.moveOut, () => item.group.out(item), () => Boolean(item.group.group)],
                ["copy", "copy", strings.duplicate, () => item.group.duplicate(item), () => true],
                ["wrap", "list-ul", strings.wrap, () => item.group.wrap(item, "any"), () => item.group.canWrap(item)],
                ["not", "circle-xmark", strings.wrapNone, () => item.group.wrap(item, "none"), () => item.group.canWrap(item)],
                ["unwrap", "cut", strings.unwrap, () => item.group.unwrap(item), () => Boolean(item.items)],
            ].map(([key, image, label, run, can]) => {
                const button = el(
                    "button",
                    { type: "button", class: "wm-rules__choice", "data-do": key, onclick: () => this.run(key) },
                    icon(image),
                    el("span", {}, label),
                );
                const entry = el("li", {}, button);
                this.menu.append(entry);
                return { key, button, entry, run, can };
            });
            this.element = el("span", { class: "wm-rules__actions" }, this.toggle, this.remove, this.menu);
            this.element.addEventListener("keydown", (event) => this.key(event));
            this.element.addEventListener("focusout", (event) => {
                if (event.relatedTarget && !this.element.contains(event.relatedTarget)) this.show(false);
            });
        }

        number(number) {
            const { strings } = this.ctx;
            const group = Boolean(this.item.items);
            rename(this.toggle, fill(group ? strings.groupActions : strings.conditionActions, { number }));
            rename(this.remove, fill(group ? strings.removeGroup : strings.remove, { number }));
            if (!this.menu.hidden) this.check();
        }

        show(open) {
            if (open) this.check();
            this.menu.hidden = !open;
            this.toggle.setAttribute("aria-expanded", String(open));
        }

        /* Up and down stay where they are, so that the one in use keeps its place; the others come and go. */
        check() {
            for (const { key, button, entry, can } of this.choices) {
                const possible = can();
                if (key === "up" || key === "down") button.setAttribute("aria-disabled", String(!possible));
                else entry.hidden = !possible;
            }
        }

        run(key) {
            const choice = this.choices.find((one) => one.key === key);
            if (!choice.can()) return;
            if (key !== "up" && key !== "down") this.show(false);
            choice.run();
            if (key === "up" || key === "down") choice.button.focus();
        }

        key(event) {
            if (event.key === "Escape" && !this.menu.hidden) {
                event.stopPropagation();
                this.show(false);
                this.toggle.focus();
                return;
            }
            if (this.menu.hidden || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
            event.preventDefault();
            const shown = this.choices.filter((one) => !one.entry.hidden).map((one) => one.button);
            const here = shown.indexOf(document.activeElement);
            const step = event.key === "ArrowDown" ? 1 : -1;
            shown[(here + step + shown.length) % shown.length].focus();
        }
    }

    Object.assign(window.wmRules, { Actions });
})();
