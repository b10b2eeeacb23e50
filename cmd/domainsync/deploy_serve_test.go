package main

import (
	"errors"
	"io"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/domainsync/domainsync/executor/fleet"
)

// Objects of Kubernetes as far as the manifests use them. They are read strictly: what
// they do not have is a mistake, or is to be added here with a look at its reference.
type (
	object struct {
		APIVersion string         `yaml:"apiVersion"`
		Kind       string         `yaml:"kind"`
		Metadata   objectMetadata `yaml:"metadata"`
		Automount  *bool          `yaml:"automountServiceAccountToken"`
		Data       map[string]string
		Spec       yaml.Node `yaml:"spec"`
	}
	objectMetadata struct {
		Name   string            `yaml:"name"`
		Labels map[string]string `yaml:"labels"`
	}
	labelSelector struct {
		MatchLabels map[string]string `yaml:"matchLabels"`
	}
	deploymentSpec struct {
		Replicas int           `yaml:"replicas"`
		Selector labelSelector `yaml:"selector"`
		Strategy struct {
			Type          string `yaml:"type"`
			RollingUpdate struct {
				MaxUnavailable int `yaml:"maxUnavailable"`
				MaxSurge       int `yaml:"maxSurge"`
			} `yaml:"rollingUpdate"`
		} `yaml:"strategy"`
		Deadline int `yaml:"progressDeadlineSeconds"`
		Template struct {
			Metadata objectMetadata `yaml:"metadata"`
			Spec     podSpec        `yaml:"spec"`
		} `yaml:"template"`
	}
	podSpec struct {
		ServiceAccountName string `yaml:"serviceAccountName"`
		Automount          *bool  `yaml:"automountServiceAccountToken"`
		ServiceLinks       *bool  `yaml:"enableServiceLinks"`
		Grace              int    `yaml:"terminationGracePeriodSeconds"`
		SecurityContext    struct {
			RunAsNonRoot   bool `yaml:"runAsNonRoot"`
			RunAsUser      int  `yaml:"runAsUser"`
			RunAsGroup     int  `yaml:"runAsGroup"`
			FSGroup        int  `yaml:"fsGroup"`
			SeccompProfile struct {
				Type string `yaml:"type"`
			} `yaml:"seccompProfile"`
		} `yaml:"securityContext"`
		Spread []struct {
			MaxSkew           int           `yaml:"maxSkew"`
			TopologyKey       string        `yaml:"topologyKey"`
			WhenUnsatisfiable string        `yaml:"whenUnsatisfiable"`
			LabelSelector     labelSelector `yaml:"labelSelector"`
		} `yaml:"topologySpreadConstraints"`
		Containers []container `yaml:"containers"`
		Volumes    []podVolume `yaml:"volumes"`
	}
	podVolume struct {
		Name      string `yaml:"name"`
		ConfigMap struct {
			Name string `yaml:"name"`
		} `yaml:"configMap"`
		EmptyDir *struct{} `yaml:"emptyDir"`
	}
	container struct {
		Name    string   `yaml:"name"`
		Image   string   `yaml:"image"`
		Args    []string `yaml:"args"`
		EnvFrom []struct {
			SecretRef struct {
				Name string `yaml:"name"`
			} `yaml:"secretRef"`
		} `yaml:"envFrom"`
		Ports []struct {
			Name          string `yaml:"name"`
			ContainerPort int    `yaml:"containerPort"`
		} `yaml:"ports"`
		Readiness       probe `yaml:"readinessProbe"`
		Liveness        probe `yaml:"livenessProbe"`
		SecurityContext struct {
			Escalation   *bool `yaml:"allowPrivilegeEscalation"`
			ReadOnlyRoot bool  `yaml:"readOnlyRootFilesystem"`
			Capabilities struct {
				Drop []string `yaml:"drop"`
			} `yaml:"capabilities"`
		} `yaml:"securityContext"`
		Resources struct {
			Requests, Limits map[string]string
		} `yaml:"resources"`
		VolumeMounts []struct {
			Name      string `yaml:"name"`
			MountPath string `yaml:"mountPath"`
			ReadOnly  bool   `yaml:"readOnly"`
		} `yaml:"volumeMounts"`
	}
	probe struct {
		HTTPGet struct {
			Path string `yaml:"path"`
			Port string `yaml:"port"`
		} `yaml:"httpGet"`
		Period    int `yaml:"periodSeconds"`
		Timeout   int `yaml:"timeoutSeconds"`
		Threshold int `yaml:"failureThreshold"`
	}
	budgetSpec struct {
		MinAvailable int           `yaml:"minAvailable"`
		Selector     labelSelector `yaml:"selector"`
	}
	serviceSpec struct {
		Selector map[string]string `yaml:"selector"`
		Ports    []struct {
			Name       string `yaml:"name"`
			Port       int    `yaml:"port"`
			TargetPort string `yaml:"targetPort"`
		} `yaml:"ports"`
	}
	networkPort struct {
		Protocol string `yaml:"protocol"`
		Port     int    `yaml:"port"`
	}
	networkPolicySpec struct {
		PodSelector labelSelector `yaml:"podSelector"`
		PolicyTypes []string      `yaml:"policyTypes"`
		Ingress     []struct {
			From []struct {
				NamespaceSelector *labelSelector `yaml:"namespaceSelector"`
				PodSelector       *labelSelector `yaml:"podSelector"`
			} `yaml:"from"`
			Ports []networkPort `yaml:"ports"`
		} `yaml:"ingress"`
		Egress []struct {
			Ports []networkPort `yaml:"ports"`
		} `yaml:"egress"`
	}
)

// strictly reads one document of YAML; io.EOF: there is none left.
func strictly(d *yaml.Decoder, into any) error {
	d.KnownFields(true)
	return d.Decode(into)
}

// specOf reads a spec strictly.
func specOf[T any](t *testing.T, o object) (spec T) {
	t.Helper()
	text, err := yaml.Marshal(&o.Spec)
	if err == nil {
		err = strictly(yaml.NewDecoder(strings.NewReader(string(text))), &spec)
	}
	if err != nil {
		t.Fatalf("%s: %v", o.Kind, err)
	}
	return spec
}

// servedObjects reads the manifest of a service, by kind.
func servedObjects(t *testing.T) map[string]object {
	t.Helper()
	documents := yaml.NewDecoder(strings.NewReader(readText(t, filepath.Join(deployDir, "kubernetes/domainsync-serve.yaml"))))
	all := make(map[string]object)
	for {
		var o object
		switch err := strictly(documents, &o); {
		case errors.Is(err, io.EOF):
			return all
		case err != nil:
			t.Fatal(err)
		}
		all[o.Kind] = o
	}
}

// TestObjectsOfAServedFleet: the objects refer to each other by names, labels and ports
// that are there, and are of the versions that Kubernetes serves.
func TestObjectsOfAServedFleet(t *testing.T) {
	t.Parallel()
	all := servedObjects(t)
	for kind, version := range map[string]string{
		"ServiceAccount": "v1", "ConfigMap": "v1", "Deployment": "apps/v1", "PodDisruptionBudget": "policy/v1", "Service": "v1", "NetworkPolicy": "networking.k8s.io/v1",
	} {
		if all[kind].APIVersion != version || all[kind].Metadata.Name == "" {
			t.Errorf("%s is %+v, want one of %s", kind, all[kind], version)
		}
	}
	d := specOf[deploymentSpec](t, all["Deployment"])
	labels, pod := d.Template.Metadata.Labels, d.Template.Spec
	budget, service, network := specOf[budgetSpec](t, all["PodDisruptionBudget"]), specOf[serviceSpec](t, all["Service"]), specOf[networkPolicySpec](t, all["NetworkPolicy"])
	for _, selects := range []map[string]string{d.Selector.MatchLabels, budget.Selector.MatchLabels, service.Selector, network.PodSelector.MatchLabels, pod.Spread[0].LabelSelector.MatchLabels} {
		if !reflect.DeepEqual(selects, labels) || len(labels) == 0 {
			t.Errorf("%v selects pods with %v", selects, labels)
		}
	}
	c := pod.Containers[0]
	port := c.Ports[0]
	if service.Ports[0].TargetPort != port.Name || c.Readiness.HTTPGet.Port != port.Name || c.Liveness.HTTPGet.Port != port.Name || network.Ingress[0].Ports[0].Port != port.ContainerPort {
		t.Errorf("ports do not agree: %+v", port)
	}
	if pod.ServiceAccountName != all["ServiceAccount"].Metadata.Name || pod.Automount == nil || *pod.Automount {
		t.Errorf("the pod has the account %q", pod.ServiceAccountName)
	}
	for _, mount := range c.VolumeMounts {
		if !slices.ContainsFunc(pod.Volumes, func(v podVolume) bool { return v.Name == mount.Name && (v.ConfigMap.Name != "") == mount.ReadOnly }) {
			t.Errorf("the volume %s is mounted, and is none", mount.Name)
		}
	}
	if pod.Volumes[0].ConfigMap.Name != all["ConfigMap"].Metadata.Name {
		t.Errorf("the file of the fleet is in %s", pod.Volumes[0].ConfigMap.Name)
	}
}

// TestAServedFleetGoesOn: while pods are replaced or their machine is drained, others run
// the jobs, and each has the time to end its runs in order.
func TestAServedFleetGoesOn(t *testing.T) {
	t.Parallel()
	all := servedObjects(t)
	d := specOf[deploymentSpec](t, all["Deployment"])
	if least := specOf[budgetSpec](t, all["PodDisruptionBudget"]).MinAvailable; d.Replicas < 2 || least < 1 || least >= d.Replicas {
		t.Errorf("%d of %d pods stay: none could be replaced, or all could", least, d.Replicas)
	}
	if r := d.Strategy.RollingUpdate; d.Strategy.Type != "RollingUpdate" || r.MaxUnavailable != 0 || r.MaxSurge < 1 {
		t.Errorf("pods are replaced by %+v", d.Strategy)
	}
	pod := d.Template.Spec
	c := pod.Containers[0]
	drain := drainOf(t, c.Args)
	if grace := time.Duration(pod.Grace) * time.Second; grace < drain+time.Minute || d.Deadline <= pod.Grace {
		t.Errorf("runs have %s to end in order, and the pod is killed after %s", drain, grace)
	}
	if c.Readiness.HTTPGet.Path != "/readyz" || c.Liveness.HTTPGet.Path != "/healthz" || c.Liveness.Period*c.Liveness.Threshold < 60 {
		t.Errorf("probes are %+v and %+v", c.Readiness, c.Liveness)
	}
	s := c.SecurityContext
	if !pod.SecurityContext.RunAsNonRoot || pod.SecurityContext.RunAsUser == 0 || pod.SecurityContext.SeccompProfile.Type != "RuntimeDefault" ||
		s.Escalation == nil || *s.Escalation || !s.ReadOnlyRoot || !slices.Equal(s.Capabilities.Drop, []string{"ALL"}) || c.Resources.Limits["memory"] == "" {
		t.Errorf("the container may do more than it needs: %+v, %+v", pod.SecurityContext, s)
	}
}

// drainOf is how long runs have to end by a command line.
func drainOf(t *testing.T, args []string) time.Duration {
	t.Helper()
	i := slices.Index(args, "--drain")
	if i < 0 {
		t.Fatalf("%v says no --drain", args)
	}
	d, err := time.ParseDuration(args[i+1])
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// composition is what the file for Compose uses.
type composition struct {
	Name     string
	Services map[string]composed
	Volumes  map[string]struct{}
}

type composed struct {
	Image string
	Build struct {
		Context, Dockerfile string
	}
	Command     []string
	NetworkMode string `yaml:"network_mode"`
	DependsOn   map[string]struct {
		Condition string
	} `yaml:"depends_on"`
	Environment map[string]string
	Volumes     []string
	Ports       []string
	Healthcheck struct {
		Test              []string
		Interval, Timeout string
		Retries           int
	}
	Grace    string `yaml:"stop_grace_period"`
	Restart  string
	ReadOnly bool `yaml:"read_only"`
	Tmpfs    []string
	CapDrop  []string `yaml:"cap_drop"`
	Security []string `yaml:"security_opt"`
}

func composeFile(t *testing.T) *composition {
	t.Helper()
	var c composition
	if err := strictly(yaml.NewDecoder(strings.NewReader(readText(t, filepath.Join(deployDir, "compose.yaml")))), &c); err != nil {
		t.Fatal(err)
	}
	return &c
}

// TestComposedFleet: what is started waits for what it needs, its ports are published to
// this machine alone, and each process has the time to end in order.
func TestComposedFleet(t *testing.T) {
	t.Parallel()
	c := composeFile(t)
	host := c.Services["simulator"]
	for _, name := range []string{"serve-1", "serve-2"} {
		s := c.Services[name]
		if s.NetworkMode != "service:simulator" || s.DependsOn["database"].Condition != "service_healthy" || s.DependsOn["simulator"].Condition != "service_started" || !s.ReadOnly {
			t.Errorf("%s is %+v", name, s)
		}
		grace, err := time.ParseDuration(s.Grace)
		if drain := drainOf(t, s.Command); err != nil || grace < drain+time.Minute {
			t.Errorf("%s: runs have %s to end in order, and it is killed after %s (%v)", name, drain, s.Grace, err)
		}
		port := regexp.MustCompile(`:(\d+)$`).FindStringSubmatch(argument(t, s.Command, "--listen"))[1]
		if !slices.Contains(host.Ports, "127.0.0.1:"+port+":"+port) {
			t.Errorf("%s listens on %s, and %v are published", name, port, host.Ports)
		}
	}
	if len(c.Services["database"].Healthcheck.Test) == 0 || len(host.Ports) != 2 {
		t.Errorf("the services are %+v", c.Services)
	}
	for _, s := range c.Services {
		for _, v := range s.Volumes {
			if source, _, _ := strings.Cut(v, ":"); strings.HasPrefix(source, "./") {
				readText(t, filepath.Join(deployDir, source, "fleet.hcl"))
			} else if _, declared := c.Volumes[source]; !declared {
				t.Errorf("the volume %s is not declared", source)
			}
		}
	}
}

// argument is the value of a flag in a command line.
func argument(t *testing.T, args []string, flag string) string {
	t.Helper()
	i := slices.Index(args, flag)
	if i < 0 {
		t.Fatalf("%v lacks %s", args, flag)
	}
	return args[i+1]
}

// TestDeployedFleetsAreRead: the files of fleets that are deployed have no mistake.
func TestDeployedFleetsAreRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "fleet.hcl")
	writeText(t, path, servedObjects(t)["ConfigMap"].Data["fleet.hcl"])
	for _, path := range []string{path, filepath.Join(deployDir, "compose/fleet.hcl")} {
		f, diags := fleet.Load(path, fleet.LoadOptions{State: "postgres://db.example.com/fleet"})
		if f == nil || len(f.Jobs) == 0 {
			t.Errorf("%s: %v", path, diags)
		}
	}
}
