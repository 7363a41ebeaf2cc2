// The stand-in for nvidia-smi and neuron-ls in a container: it lists the devices that the container was given.
//
// A device is listed if the container's environment names it and its device node can be opened. What is said of it
// comes from a file that the device plugin mounts, as the real tools ask the driver. LAB_FAULT names what goes wrong.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

const driver = "/run/driver/said.json"

type device struct {
	ID   string `json:"id"`
	Node string `json:"node"`
	Text string `json:"text"`
}

// What the driver says; @COUNT@ in Head stands for the number of devices listed.
type said struct {
	Tool      string   `json:"tool"`
	Variable  string   `json:"variable"`
	Arguments []string `json:"arguments"`
	Head      string   `json:"head"`
	Between   string   `json:"between"`
	Tail      string   `json:"tail"`
	Devices   []device `json:"devices"`
	None      string   `json:"none"`
	NoneExit  int      `json:"none_exit"`
}

// What goes wrong, by the name in LAB_FAULT; each gets the healthy output.
var faults = map[string]func(string){
	"":            func(report string) { fmt.Print(report) },
	"exit-14":     func(report string) { fmt.Print(report); os.Exit(14) },
	"needs-reset": func(report string) { fmt.Print(strings.Replace(report, ">None<", ">[GPU requires reset]<", 1)) },
	"truncated":   func(report string) { fmt.Print(report[:len(report)/2]) },
	"not-utf8": func(report string) {
		fmt.Print(strings.Replace(report, "<total>", "<total>\xff\xfe", 1))
	},
	"enormous":      enormous,
	"hang":          func(report string) { fmt.Print(report[:len(report)/2]); time.Sleep(time.Hour) },
	"out-of-memory": outOfMemory,
}

func main() {
	name := filepath.Base(os.Args[0])
	switch name {
	case "pause":
		ended := make(chan os.Signal, 1)
		signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
		<-ended
		return
	case "confinement":
		confinement()
		return
	}
	fault, known := faults[os.Getenv("LAB_FAULT")]
	if !known {
		fail(64, "%s: LAB_FAULT names the unknown fault %q\n", name, os.Getenv("LAB_FAULT"))
	}
	fault(report(name))
}

func report(name string) string {
	text, err := os.ReadFile(driver)
	if err != nil {
		fail(9, "%s: the driver does not answer: %v\n", name, err)
	}
	var heard said
	if err := json.Unmarshal(text, &heard); err != nil {
		fail(9, "%s: the driver does not make sense: %v\n", name, err)
	}
	if heard.Tool != name || !slices.Equal(heard.Arguments, os.Args[1:]) {
		fail(2, "%s: unknown option: %s\n", name, strings.Join(os.Args[1:], " "))
	}
	listed := visible(heard)
	if len(listed) == 0 {
		fail(heard.NoneExit, "%s", heard.None)
	}
	head := strings.ReplaceAll(heard.Head, "@COUNT@", fmt.Sprint(len(listed)))
	return head + strings.Join(listed, heard.Between) + heard.Tail
}

func visible(heard said) []string {
	given := strings.Split(os.Getenv(heard.Variable), ",")
	listed := []string{}
	for _, each := range heard.Devices {
		node, err := os.OpenFile(each.Node, os.O_RDWR, 0)
		if err != nil || !slices.Contains(given, each.ID) {
			continue
		}
		node.Close()
		listed = append(listed, each.Text)
	}
	return listed
}

func fail(code int, format string, words ...any) {
	fmt.Fprintf(os.Stderr, format, words...)
	os.Exit(code)
}

// A healthy document with 24 MiB in its midst: more than a kubelet keeps of a log, and than anybody should read.
func enormous(report string) {
	line := "<!-- " + strings.Repeat("x", 1000) + " -->\n"
	half := strings.LastIndex(report, "</gpu>") + len("</gpu>")
	fmt.Print(report[:half])
	for range 24 * 1024 {
		fmt.Print(line)
	}
	fmt.Print(report[half:])
}

func outOfMemory(string) {
	fmt.Println("allocating")
	held := [][]byte{}
	for {
		piece := make([]byte, 16<<20)
		for at := 0; at < len(piece); at += 4096 {
			piece[at] = 1
		}
		held = append(held, piece)
		fmt.Fprintf(os.Stderr, "%d MiB\n", 16*len(held))
	}
}

// What the kernel lets this process do, as lines "name: value".
func confinement() {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		fail(1, "%v\n", err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		for _, name := range []string{"Uid:", "Gid:", "CapEff:", "CapBnd:", "NoNewPrivs:", "Seccomp:"} {
			if strings.HasPrefix(line, name) {
				fmt.Println(strings.Join(strings.Fields(line), " "))
			}
		}
	}
	fmt.Println("write to /:", os.WriteFile("/written", nil, 0o600))
	_, err = os.Stat("/var/run/secrets/kubernetes.io/serviceaccount/token")
	fmt.Println("token:", err == nil)
}
